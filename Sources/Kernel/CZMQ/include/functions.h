#pragma once
#include <zmq.h>

/// The functions of ZeroMQ that are used here. The library with the dozen others that it needs is loaded when a kernel starts,
/// so that nothing else pays for it.
#define FAA_ZMQ_FUNCTIONS(EACH)                                                                                  \
  EACH(ctx_new) EACH(ctx_shutdown) EACH(ctx_term) EACH(errno) EACH(strerror) EACH(socket) EACH(close) EACH(setsockopt) \
  EACH(bind) EACH(connect) EACH(send) EACH(poll) EACH(msg_init) EACH(msg_recv) EACH(msg_close) EACH(msg_data)    \
  EACH(msg_size) EACH(msg_more)

#define FAA_ZMQ_MEMBER(name) __typeof__(zmq_##name) *name##_;
/// The functions under their names without `zmq_`; the `_` behind keeps them apart from macros such as `errno`.
struct faa_zmq {
  FAA_ZMQ_FUNCTIONS(FAA_ZMQ_MEMBER)
};

/// Loads the library; returns NULL, or why it could not be loaded.
const char *faa_zmq_load(struct faa_zmq *functions);
