// One pool of threads for every kernel, the interrupt flag, and the per-thread state of the recorder.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "Abandon.h"
#include "CKernels.h"

// ---- The pool: workers sleep on a condition; the caller works too. ----------------------------------------

#define MAXIMUM_THREADS 256

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;  // held by the one caller whose job is running
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static atomic_int wanted_threads;
static int started_workers;
static _Thread_local bool inside;

static struct {
  void (*body)(void *, ptrdiff_t);
  void *context;
  ptrdiff_t count;
  const atomic_bool *abandoned;
  int shares;
  int helpers;  // how many more workers may still join
  atomic_int running;
  _Atomic uint64_t generation;
} job;

// How many chunks of each thread's share have begun. A share is a run of neighbours: what the thread reads on the processor has fetched ahead, and
// in the next job, cut alike, it finds what it wrote in its own cache. Who has done his own takes those of others. So many chunks that they fit
// no cache are one share for all, which reads memory in one place at a time.
static struct {
  _Alignas(64) atomic_ptrdiff_t begun;
} shares[MAXIMUM_THREADS];
#define RUN 32

// Operations follow each other within microseconds, and waking a sleeping thread takes tens of them, half of which the waking one
// spends: so whoever waits looks on before it sleeps, for the others' end some 50 microseconds and for another job ten times that, the
// length of what a training step does on one thread.
#define LOOKS_FOR_END 2000
#define LOOKS_FOR_JOB 20000

static inline void breathe(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Whether nobody waits for the result any more.
static inline bool is_abandoned(const atomic_bool *abandoned) {
  return abandoned && atomic_load_explicit(abandoned, memory_order_relaxed);
}

static void work(void (*body)(void *, ptrdiff_t), void *context, ptrdiff_t count, int own, int shared,
                 const atomic_bool *abandoned) {
  if (count > RUN * (ptrdiff_t)shared) own = 0, shared = 1;
  for (int other = 0; other < shared; other++) {
    int share = (own + other) % shared;
    ptrdiff_t first = count * share / shared, end = count * (share + 1) / shared;
    for (;;) {
      ptrdiff_t chunk = first + atomic_fetch_add_explicit(&shares[share].begun, 1, memory_order_relaxed);
      if (chunk >= end) break;
      if (is_abandoned(abandoned)) return;
      body(context, chunk);
    }
  }
}

static void *worker(void *unused) {
  (void)unused;
  inside = true;
  uint64_t seen = 0;
  pthread_mutex_lock(&lock);
  for (;;) {
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < LOOKS_FOR_JOB && atomic_load_explicit(&job.generation, memory_order_relaxed) == seen; i++) breathe();
    pthread_mutex_lock(&lock);
    while (job.generation == seen) pthread_cond_wait(&wake, &lock);
    seen = job.generation;
    // Woken too late to help: the next job follows soon, and sleeping again would miss that too.
    if (job.helpers == 0) continue;
    int shared = job.shares, own = shared - job.helpers--;
    job.running++;
    void (*body)(void *, ptrdiff_t) = job.body;
    void *context = job.context;
    ptrdiff_t count = job.count;
    const atomic_bool *abandoned = job.abandoned;
    pthread_mutex_unlock(&lock);
    work(body, context, count, own, shared, abandoned);
    pthread_mutex_lock(&lock);
    if (--job.running == 0) pthread_cond_signal(&finished);
  }
  return NULL;
}

int faa_thread_count(void) {
  int count = atomic_load_explicit(&wanted_threads, memory_order_relaxed);
  if (count > 0) return count;
  const char *setting = getenv("FAA_NUM_THREADS");
  long asked = setting ? strtol(setting, NULL, 10) : 0;
  if (asked < 1) {
    cpu_set_t set;
    asked = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  }
  faa_set_thread_count(asked > MAXIMUM_THREADS ? MAXIMUM_THREADS : (int)asked);
  return atomic_load_explicit(&wanted_threads, memory_order_relaxed);
}

void faa_set_thread_count(int count) {
  atomic_store_explicit(&wanted_threads, count < 1 ? 1 : count > MAXIMUM_THREADS ? MAXIMUM_THREADS : count,
                        memory_order_relaxed);
}

void faa_parallel(ptrdiff_t count, void (*body)(void *, ptrdiff_t), void *context) {
  int threads = faa_thread_count();
  // Nested work, and work of a second thread while the pool is busy, runs where it is.
  if (count <= 1 || threads == 1 || inside || pthread_mutex_trylock(&owner) != 0) {
    for (ptrdiff_t i = 0; i < count && !is_abandoned(faa_abandoned); i++) body(context, i);
    return;
  }
  inside = true;
  pthread_mutex_lock(&lock);
  while (started_workers < threads - 1) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, worker, NULL) != 0) break;
    pthread_detach(thread);
    started_workers++;
  }
  int helpers = threads - 1 < count - 1 ? threads - 1 : (int)count - 1;
  job.shares = helpers + 1;
  for (int share = 0; share < job.shares; share++)
    atomic_store_explicit(&shares[share].begun, 0, memory_order_relaxed);
  job.body = body;
  job.context = context;
  job.count = count;
  job.abandoned = faa_abandoned;
  job.helpers = helpers;
  job.generation++;
  if (helpers == 1)
    pthread_cond_signal(&wake);
  else
    pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
  work(body, context, count, 0, helpers + 1, faa_abandoned);
  pthread_mutex_lock(&lock);
  job.helpers = 0;
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < LOOKS_FOR_END && atomic_load_explicit(&job.running, memory_order_relaxed) > 0; i++) breathe();
  pthread_mutex_lock(&lock);
  while (job.running > 0) pthread_cond_wait(&finished, &lock);
  pthread_mutex_unlock(&lock);
  inside = false;
  pthread_mutex_unlock(&owner);
}

// ---- Interrupts -------------------------------------------------------------------------------------------

bool faa_interrupt_flag;

void faa_interrupt_set(void) { __atomic_store_n(&faa_interrupt_flag, true, __ATOMIC_RELAXED); }
void faa_interrupt_clear(void) { __atomic_store_n(&faa_interrupt_flag, false, __ATOMIC_RELAXED); }

// ---- The recorder's state of each thread ------------------------------------------------------------------

_Thread_local FaaThread faa_thread_state;

void faa_open(FaaThread *thread, uint64_t bit) {
  thread->active |= bit;
  thread->opened[__builtin_ctzll(bit)] = thread->youngest = thread->next_node;
}

void faa_close(FaaThread *thread, uint64_t bit) {
  thread->active &= ~bit;
  thread->linear &= ~bit;
  thread->youngest = 0;
  for (uint64_t rest = thread->active; rest != 0; rest &= rest - 1) {
    int64_t opened = thread->opened[__builtin_ctzll(rest)];
    if (opened > thread->youngest) thread->youngest = opened;
  }
}

void faa_waiting_push(FaaThread *thread, void *object) {
  if (thread->waiting_count == thread->waiting_capacity) {
    ptrdiff_t capacity = thread->waiting_capacity ? thread->waiting_capacity * 2 : 64;
    void **grown = realloc(thread->waiting, (size_t)capacity * sizeof(void *));
    if (!grown) abort();  // a few bytes for a list of things to free: nothing sensible can follow
    thread->waiting = grown;
    thread->waiting_capacity = capacity;
  }
  thread->waiting[thread->waiting_count++] = object;
}
