// A caching buffer pool. Fresh memory costs a page fault per 4 KiB, up to nineteen times the price of writing to
// memory that is already mapped, so buffers are kept in size classes (powers of two with quarter steps) and
// reused; malloc would give the end of its heap back to the system after each use, and take it again page by page.
// The smallest are left to it: for those it keeps lists of its own.
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "CKernels.h"

// Buffers of more than 2^PAGED_SHIFT bytes begin at a place of a page of their own.
#define PAGED_SHIFT 16
#define CLASS_COUNT 192
#define CACHE_LIMIT ((int64_t)4 << 30)
#define HUGE_PAGE ((size_t)2 << 20)
#define PAGE ((uintptr_t)4096)
#define COLOURS 8

typedef struct Free {
  struct Free *next;
} Free;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Free *lists[CLASS_COUNT];
static FaaMemory counters;

/// The class of a size, and in `rounded` the bytes a buffer of that class has.
static int size_class(size_t bytes, size_t *rounded) {
  int shift = 63 - __builtin_clzll((unsigned long long)(bytes - 1) | 1);  // 2^shift <= bytes - 1 < 2^(shift + 1)
  size_t quarter = (size_t)1 << (shift - 2);
  size_t steps = (bytes + quarter - 1) / quarter;  // 5...8 quarters of 2^shift
  *rounded = steps * quarter;
  return shift * 4 + (int)(steps - 5);
}

/// Whether the buffers of a class are that large: the last class of a shift has twice 2^shift bytes.
static bool is_paged(int class) { return class >= PAGED_SHIFT * 4; }

/// Gives a buffer back to the system.
static void discard(void *buffer, int class) {
  free(is_paged(class) ? (void *)((uintptr_t)buffer & ~(PAGE - 1)) : buffer);
}

static void trim_locked(void) {
  for (int i = 0; i < CLASS_COUNT; i++) {
    while (lists[i]) {
      Free *buffer = lists[i];
      lists[i] = buffer->next;
      discard(buffer, i);
    }
  }
  counters.cached = 0;
}

/// A buffer from the system. Each of several pages begins at another place of its page than the one before: streams that agree in the low
/// twelve bits of their addresses wait for each other, a tenth of the time of adding two tensors in the cache. What is
/// several huge pages long is asked for in them: where the bandwidth of memory decides, looking up 4 KiB pages takes a
/// fifth of the time.
static Free *fresh(size_t bytes, int class) {
  static unsigned made;
  bool is_huge = bytes >= 2 * HUGE_PAGE;
  void *block = NULL;
  if (!is_paged(class)) return posix_memalign(&block, 64, bytes) == 0 ? block : NULL;
  if (posix_memalign(&block, is_huge ? HUGE_PAGE : PAGE, bytes + PAGE) != 0) return NULL;
#if defined(MADV_HUGEPAGE)
  if (is_huge) madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  // Five of eight: neighbours are far apart.
  return (Free *)((char *)block + made++ * 5 % COLOURS * (PAGE / COLOURS));
}

static void count_live(int64_t bytes) {
  counters.live += bytes;
  if (counters.live > counters.peak) counters.peak = counters.live;
}

void *faa_allocate(size_t bytes) {
  if (bytes < FAA_POOLED_FROM) return malloc(bytes ? bytes : 1);
  if (bytes > (size_t)1 << 46) return NULL;
  size_t rounded;
  int class = size_class(bytes, &rounded);
  pthread_mutex_lock(&lock);
  Free *buffer = lists[class];
  if (buffer) {
    lists[class] = buffer->next;
    counters.cached -= (int64_t)rounded;
    counters.hits++;
  } else {
    counters.misses++;
    buffer = fresh(rounded, class);
    if (!buffer) {
      trim_locked();
      buffer = fresh(rounded, class);
    }
  }
  if (buffer) count_live((int64_t)rounded);
  pthread_mutex_unlock(&lock);
  return buffer;
}

void faa_release(void *buffer, size_t bytes) {
  if (bytes < FAA_POOLED_FROM) {
    free(buffer);
    return;
  }
  size_t rounded;
  int class = size_class(bytes, &rounded);
  pthread_mutex_lock(&lock);
  counters.live -= (int64_t)rounded;
  bool keep = counters.cached + (int64_t)rounded <= CACHE_LIMIT;
  if (keep) {
    Free *head = buffer;
    head->next = lists[class];
    lists[class] = head;
    counters.cached += (int64_t)rounded;
  }
  pthread_mutex_unlock(&lock);
  if (!keep) discard(buffer, class);
}

FaaMemory faa_memory(void) {
  pthread_mutex_lock(&lock);
  FaaMemory copy = counters;
  pthread_mutex_unlock(&lock);
  return copy;
}

void faa_memory_reset_peak(void) {
  pthread_mutex_lock(&lock);
  counters.peak = counters.live;
  pthread_mutex_unlock(&lock);
}

void faa_memory_trim(void) {
  pthread_mutex_lock(&lock);
  trim_locked();
  pthread_mutex_unlock(&lock);
}
