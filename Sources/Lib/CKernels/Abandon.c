// Work that cannot be asked to stop part way, such as one call of LAPACK, on a thread that its caller may leave behind.
#define _GNU_SOURCE
#include "Abandon.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "CKernels.h"

_Thread_local const atomic_bool *faa_abandoned;

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  bool has_ended;
  atomic_bool is_abandoned;
  void (*body)(void *), (*release)(void *);
  void *context;
} Task;

static atomic_int running_alone;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The libraries a thread works in are torn down when the process exits, so with such threads it ends without that.
static void leave_at_once(int status, void *unused) {
  (void)unused;
  if (atomic_load(&running_alone) == 0) return;
  fflush(NULL);
  _exit(status);
}

static void watch_exit(void) { on_exit(leave_at_once, NULL); }

static void forget(Task *task) {
  pthread_cond_destroy(&task->ended);
  pthread_mutex_destroy(&task->lock);
  free(task);
}

static void *run(void *argument) {
  Task *task = argument;
  faa_abandoned = &task->is_abandoned;
  task->body(task->context);
  pthread_mutex_lock(&task->lock);
  task->has_ended = true;
  bool is_alone = atomic_load(&task->is_abandoned);
  pthread_cond_signal(&task->ended);
  pthread_mutex_unlock(&task->lock);
  if (!is_alone) return NULL;  // the caller has seen the end, or will
  task->release(task->context);
  forget(task);
  atomic_fetch_sub(&running_alone, 1);
  return NULL;
}

bool faa_run_abandonable(void (*body)(void *), void (*release)(void *), void *context) {
  Task *task = malloc(sizeof *task);
  if (!task) {
    body(context);
    return true;
  }
  *task = (Task){.body = body, .release = release, .context = context};
  pthread_mutex_init(&task->lock, NULL);
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&task->ended, &clock);
  pthread_condattr_destroy(&clock);
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, task) != 0) {
    forget(task);
    body(context);
    return true;
  }
  pthread_mutex_lock(&task->lock);
  while (!task->has_ended && !faa_interrupted()) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 10 * 1000 * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&task->ended, &task->lock, &until);
  }
  bool has_ended = task->has_ended;
  if (!has_ended) {
    pthread_once(&once, watch_exit);
    atomic_fetch_add(&running_alone, 1);
    atomic_store(&task->is_abandoned, true);
  }
  pthread_mutex_unlock(&task->lock);
  if (!has_ended) {
    pthread_detach(thread);
    return false;
  }
  pthread_join(thread, NULL);
  forget(task);
  return true;
}

int faa_abandoned_tasks(void) { return atomic_load(&running_alone); }
