#include "functions.h"

#include <dlfcn.h>

const char *faa_zmq_load(struct faa_zmq *functions) {
  void *library = dlopen("libzmq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
#define FIND(name)                                                        \
  functions->name##_ = (__typeof__(zmq_##name) *)dlsym(library, "zmq_" #name); \
  if (!functions->name##_) return dlerror();
  FAA_ZMQ_FUNCTIONS(FIND)
#undef FIND
  return 0;
}
