// The elementwise driver: merges axes that are adjacent in memory for every operand, then runs rows, in parallel when
// there is enough work. Chunks depend on the shape alone.
#include "Elementwise.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define MAXIMUM_RANK 8

typedef struct {
  FaaRow row;
  FaaMap map;
  ptrdiff_t dims[MAXIMUM_RANK];
  ptrdiff_t strides[3][MAXIMUM_RANK];
  int rank;
  ptrdiff_t rows, row_length, rows_per_chunk;
  atomic_int fault;
} Job;

static void run_rows(Job *job, ptrdiff_t first, ptrdiff_t last) {
  int outer = job->rank - 1;
  int operands = job->map.operands;
  ptrdiff_t index[MAXIMUM_RANK];
  const char *in[3];
  ptrdiff_t inner_strides[3];
  ptrdiff_t rest = first;
  for (int d = outer - 1; d >= 0; d--) {
    index[d] = rest % job->dims[d];
    rest /= job->dims[d];
  }
  for (int o = 0; o < operands; o++) {
    in[o] = job->map.data[o];
    for (int d = 0; d < outer; d++) in[o] += index[d] * job->strides[o][d] * (ptrdiff_t)job->map.size[o];
    inner_strides[o] = job->strides[o][outer];
  }
  char *out = (char *)job->map.out + first * job->row_length * (ptrdiff_t)job->map.out_size;
  int fault = 0;
  for (ptrdiff_t r = first; r < last; r++) {
    fault |= job->row((const void *const *)in, inner_strides, out, job->row_length);
    out += job->row_length * (ptrdiff_t)job->map.out_size;
    for (int d = outer - 1; d >= 0; d--) {
      bool carry = ++index[d] == job->dims[d];
      for (int o = 0; o < operands; o++) {
        ptrdiff_t step = job->strides[o][d] * (ptrdiff_t)job->map.size[o];
        in[o] += carry ? step * (1 - job->dims[d]) : step;
      }
      if (!carry) break;
      index[d] = 0;
    }
  }
  if (fault) atomic_store_explicit(&job->fault, 1, memory_order_relaxed);
}

static void rows_chunk(void *context, ptrdiff_t chunk) {
  Job *job = context;
  ptrdiff_t first = chunk * job->rows_per_chunk;
  ptrdiff_t last = first + job->rows_per_chunk;
  run_rows(job, first, last < job->rows ? last : job->rows);
}

void faa_stream(char *to, const char *from, size_t bytes) {
  size_t done = 0;
#if defined(__x86_64__)
  if ((uintptr_t)to % 16 == 0) {
    // A cache line at a time: the loop itself must not be what memory waits for.
    for (; done + 64 <= bytes; done += 64) {
      const __m128i *source = (const __m128i *)(from + done);
      __m128i *target = (__m128i *)(to + done);
      __m128i a = _mm_load_si128(source), b = _mm_load_si128(source + 1);
      __m128i c = _mm_load_si128(source + 2), d = _mm_load_si128(source + 3);
      _mm_stream_si128(target, a);
      _mm_stream_si128(target + 1, b);
      _mm_stream_si128(target + 2, c);
      _mm_stream_si128(target + 3, d);
    }
    for (; done + 16 <= bytes; done += 16)
      _mm_stream_si128((__m128i *)(to + done), _mm_load_si128((const __m128i *)(from + done)));
  }
#endif
  memcpy(to + done, from + done, bytes - done);
}

void faa_stream_end(void) {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// The row by blocks that are made in the first-level cache and then written past it.
static int streamed_row(FaaRow row, int operands, const char **in, const ptrdiff_t *steps, const ptrdiff_t *strides,
                        char *out, size_t size, ptrdiff_t count) {
  _Alignas(64) char block[FAA_BLOCK_BYTES];
  ptrdiff_t length = FAA_BLOCK_BYTES / (ptrdiff_t)size;
  int fault = 0;
  for (ptrdiff_t at = 0; at < count; at += length) {
    ptrdiff_t n = count - at < length ? count - at : length;
    fault |= row((const void *const *)in, strides, block, n);
    faa_stream(out + at * (ptrdiff_t)size, block, (size_t)n * size);
    for (int o = 0; o < operands; o++) in[o] += steps[o] * n;
  }
  faa_stream_end();
  return fault;
}

/// One long row, cut into pieces of `rows_per_chunk` elements.
static void flat_chunk(void *context, ptrdiff_t chunk) {
  Job *job = context;
  ptrdiff_t first = chunk * job->rows_per_chunk;
  ptrdiff_t count = job->row_length - first;
  if (count > job->rows_per_chunk) count = job->rows_per_chunk;
  const char *in[3];
  ptrdiff_t strides[3], steps[3];
  for (int o = 0; o < job->map.operands; o++) {
    strides[o] = job->strides[o][0];
    steps[o] = strides[o] * (ptrdiff_t)job->map.size[o];
    in[o] = (const char *)job->map.data[o] + first * steps[o];
  }
  char *out = (char *)job->map.out + first * (ptrdiff_t)job->map.out_size;
  bool streams = (size_t)job->row_length * job->map.out_size >= FAA_STREAMED_BYTES;
  if (streams ? streamed_row(job->row, job->map.operands, in, steps, strides, out, job->map.out_size, count)
              : job->row((const void *const *)in, strides, out, count))
    atomic_store_explicit(&job->fault, 1, memory_order_relaxed);
}

int faa_map(FaaRow row, const FaaMap *map) {
  Job job;
  job.row = row;
  job.map = *map;
  job.rank = 0;
  atomic_init(&job.fault, 0);
  ptrdiff_t total = 1;
  for (int d = 0; d < map->rank; d++) {
    total *= map->dims[d];
    if (map->dims[d] == 1) continue;
    int last = job.rank - 1;
    bool merge = job.rank > 0;
    for (int o = 0; merge && o < map->operands; o++)
      merge = job.strides[o][last] == map->strides[o][d] * map->dims[d];
    if (!merge) {
      last = job.rank++;
      job.dims[last] = 1;
    }
    job.dims[last] *= map->dims[d];
    for (int o = 0; o < map->operands; o++) job.strides[o][last] = map->strides[o][d];
  }
  if (total == 0) return 0;
  if (job.rank == 0) {
    job.rank = 1;
    job.dims[0] = 1;
    for (int o = 0; o < map->operands; o++) job.strides[o][0] = 1;
  }
  job.row_length = job.dims[job.rank - 1];
  job.rows = total / job.row_length;
  if (total < 2 * map->grain) {
    run_rows(&job, 0, job.rows);
  } else if (job.rank == 1) {
    // Longer pieces of longer rows: at the start of each the processor has to find out anew what to read ahead.
    ptrdiff_t piece = job.row_length / 8 / 64 * 64;
    piece = piece < map->grain ? map->grain : piece > 4 * map->grain ? 4 * map->grain : piece;
    job.rows_per_chunk = piece;
    faa_parallel((job.row_length + piece - 1) / piece, flat_chunk, &job);
  } else {
    job.rows_per_chunk = map->grain / job.row_length + 1;
    faa_parallel((job.rows + job.rows_per_chunk - 1) / job.rows_per_chunk, rows_chunk, &job);
  }
  return atomic_load_explicit(&job.fault, memory_order_relaxed);
}

// ---- Copies -----------------------------------------------------------------------------------------------

#define PACK_ROW(name, T)                                                                      \
  CLONES static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {    \
    const T *restrict x = in[0];                                                               \
    T *restrict out = o;                                                                       \
    ptrdiff_t step = s[0];                                                                     \
    if (step == 1)                                                                             \
      memcpy(out, x, (size_t)n * sizeof(T));                                                   \
    else if (step == 0)                                                                        \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = x[0];                                         \
    else                                                                                       \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = x[i * step];                                  \
    return 0;                                                                                  \
  }
PACK_ROW(pack1, uint8_t)
PACK_ROW(pack4, uint32_t)
PACK_ROW(pack8, uint64_t)

void faa_pack(FaaType type, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides, const void *x, void *out) {
  size_t size = faa_size(type);
  FaaMap map = {.operands = 1, .rank = rank, .dims = dims, .strides = {strides}, .data = {x}, .size = {size}, .out = out,
                .out_size = size, .grain = CHEAP_GRAIN};
  faa_map(size == 1 ? pack1 : size == 4 ? pack4 : pack8, &map);
}

void faa_copy(FaaType type, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides_x, const void *x,
              const ptrdiff_t *strides_out, void *out) {
  size_t size = faa_size(type);
  ptrdiff_t total = 1, index[MAXIMUM_RANK] = {0};
  for (int d = 0; d < rank; d++) total *= dims[d];
  if (total == 0) return;
  ptrdiff_t n = rank ? dims[rank - 1] : 1;
  ptrdiff_t sx = rank ? strides_x[rank - 1] : 1, so = rank ? strides_out[rank - 1] : 1;
  const char *from = x;
  char *to = out;
  for (ptrdiff_t r = 0; r < total / n; r++) {
    if (sx == 1 && so == 1) {
      memcpy(to, from, (size_t)n * size);
    } else if (size == 4) {
      for (ptrdiff_t i = 0; i < n; i++) ((uint32_t *)to)[i * so] = ((const uint32_t *)from)[i * sx];
    } else if (size == 8) {
      for (ptrdiff_t i = 0; i < n; i++) ((uint64_t *)to)[i * so] = ((const uint64_t *)from)[i * sx];
    } else {
      for (ptrdiff_t i = 0; i < n; i++) ((uint8_t *)to)[i * so] = ((const uint8_t *)from)[i * sx];
    }
    for (int d = rank - 2; d >= 0; d--) {
      bool carry = ++index[d] == dims[d];
      ptrdiff_t turns = carry ? 1 - dims[d] : 1;
      from += turns * strides_x[d] * (ptrdiff_t)size;
      to += turns * strides_out[d] * (ptrdiff_t)size;
      if (!carry) break;
      index[d] = 0;
    }
  }
}
