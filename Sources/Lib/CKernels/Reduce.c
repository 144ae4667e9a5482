// Reductions over the middle axis of [outer, n, inner]. Sums of floats run in blocks of fixed size whose partial sums
// are added in double, in order: the bits depend on the shape, never on the number of threads.
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

#define BLOCK 16384
#define COLUMNS 1024

typedef struct {
  FaaReduction op;
  FaaType type;
  ptrdiff_t outer, n, inner, outers_per_chunk;
  ptrdiff_t blocks, rows_per_block;  // of a sum of rows
  const void *x;
  void *out;
  double *partial;
  atomic_int fault;
} Reduce;

// A long one's quarters side by side: the processor fetches ahead within a page, so four places of memory come in
// sooner than one.
#define BLOCK_SUM(T, suffix)                                              \
  CLONES static double block_sum_##suffix(const T *x, ptrdiff_t n) {      \
    _Pragma("clang fp reassociate(on)") T a = 0, b = 0, c = 0, d = 0;     \
    ptrdiff_t quarter = n >= 2048 ? n / 4 / 16 * 16 : 0;                  \
    const T *y = x + quarter, *z = y + quarter, *w = z + quarter;         \
    for (ptrdiff_t i = 0; i < quarter; i++) {                             \
      a += x[i];                                                          \
      b += y[i];                                                          \
      c += z[i];                                                          \
      d += w[i];                                                          \
    }                                                                     \
    for (ptrdiff_t i = 4 * quarter; i < n; i++) a += x[i];                \
    return ((double)a + (double)b) + ((double)c + (double)d);             \
  }
BLOCK_SUM(float, f32)
BLOCK_SUM(double, f64)

static double block_sum(FaaType type, const void *x, ptrdiff_t from, ptrdiff_t n) {
  return type == FaaF32 ? block_sum_f32((const float *)x + from, n) : block_sum_f64((const double *)x + from, n);
}

static double row_sum(FaaType type, const void *x, ptrdiff_t from, ptrdiff_t n) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < n; i += BLOCK) sum += block_sum(type, x, from + i, n - i < BLOCK ? n - i : BLOCK);
  return sum;
}

static void store(FaaType type, void *out, ptrdiff_t i, double value) {
  if (type == FaaF32)
    ((float *)out)[i] = (float)value;
  else
    ((double *)out)[i] = value;
}

static void partial_chunk(void *context, ptrdiff_t chunk) {
  Reduce *r = context;
  ptrdiff_t from = chunk * 4 * BLOCK, left = r->n - from;
  r->partial[chunk] = row_sum(r->type, r->x, from, left < 4 * BLOCK ? left : 4 * BLOCK);
}

CLONES static void add_row_f32(double *restrict sums, const float *restrict x, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) sums[i] += x[i];
}
typedef float Eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));
typedef float Narrow __attribute__((vector_size(16)));

/// Eight rows at once: seven of eight additions stay in single precision, paired so that the error does not grow with the rows. (Written
/// with vectors: the compiler's own are slower by a fifth.)
CLONES static void add_rows_f32(double *restrict sums, const float *restrict x, ptrdiff_t step, ptrdiff_t n) {
  ptrdiff_t i = 0;
  const float *y = x + 4 * step;
  for (; i + 8 <= n; i += 8) {
#define ROW(from, r) *(const Eight *)((from) + (r) * step + i)
    Eight sum = ((ROW(x, 0) + ROW(x, 1)) + (ROW(x, 2) + ROW(x, 3))) + ((ROW(y, 0) + ROW(y, 1)) + (ROW(y, 2) + ROW(y, 3)));
#undef ROW
    Narrow first = __builtin_shufflevector(sum, sum, 0, 1, 2, 3), second = __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
    *(Four *)(sums + i) += __builtin_convertvector(first, Four);
    *(Four *)(sums + i + 4) += __builtin_convertvector(second, Four);
  }
  for (; i < n; i++) {
    const float *p = x + i, *q = y + i;
    float low = (p[0] + p[step]) + (p[2 * step] + p[3 * step]), high = (q[0] + q[step]) + (q[2 * step] + q[3 * step]);
    sums[i] += low + high;
  }
}
CLONES static void add_row_f64(double *restrict sums, const double *restrict x, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) sums[i] += x[i];
}

/// Adds up the columns first ..< first + count of rows from ..< end of slab o.
static void column_sums(const Reduce *r, ptrdiff_t o, ptrdiff_t from, ptrdiff_t end, ptrdiff_t first, ptrdiff_t count,
                        double *sums) {
  ptrdiff_t base = o * r->n * r->inner + first;
  ptrdiff_t j = from;
  memset(sums, 0, (size_t)count * sizeof(double));
  if (r->type == FaaF32)
    for (; j + 8 <= end; j += 8) add_rows_f32(sums, (const float *)r->x + base + j * r->inner, r->inner, count);
  for (; j < end; j++) {
    if (r->type == FaaF32)
      add_row_f32(sums, (const float *)r->x + base + j * r->inner, count);
    else
      add_row_f64(sums, (const double *)r->x + base + j * r->inner, count);
  }
}

/// One group of columns in one block of rows.
static void column_chunk(void *context, ptrdiff_t chunk) {
  const Reduce *r = context;
  ptrdiff_t groups = (r->inner + COLUMNS - 1) / COLUMNS, slab = chunk / groups, o = slab / r->blocks;
  ptrdiff_t first = chunk % groups * COLUMNS, count = r->inner - first < COLUMNS ? r->inner - first : COLUMNS;
  ptrdiff_t from = slab % r->blocks * r->rows_per_block, end = from + r->rows_per_block;
  if (end > r->n) end = r->n;
  if (r->partial) {
    column_sums(r, o, from, end, first, count, r->partial + slab * r->inner + first);
    return;
  }
  double sums[COLUMNS];
  column_sums(r, o, from, end, first, count, sums);
  for (ptrdiff_t i = 0; i < count; i++) store(r->type, r->out, o * r->inner + first + i, sums[i]);
}

/// The sum of the middle axis where there are columns: enough chunks for the pool, of rows where columns are few.
static void sum_columns(Reduce *r) {
  ptrdiff_t groups = r->outer * ((r->inner + COLUMNS - 1) / COLUMNS), blocks = 1;
  bool shared = r->outer * r->n * r->inner >= 2 * CHEAP_GRAIN;
  if (shared && groups < 8) blocks = (8 + groups - 1) / groups < r->n / 64 ? (8 + groups - 1) / groups : r->n / 64;
  size_t bytes = (size_t)(r->outer * blocks * r->inner) * sizeof(double);
  if (blocks > 1) r->partial = faa_allocate(bytes);
  if (!r->partial) blocks = 1;
  r->rows_per_block = blocks > 1 ? ((r->n + blocks - 1) / blocks + 7) / 8 * 8 : r->n;
  r->blocks = blocks > 1 ? (r->n + r->rows_per_block - 1) / r->rows_per_block : 1;
  ptrdiff_t chunks = groups * r->blocks;
  if (shared)
    faa_parallel(chunks, column_chunk, r);
  else
    for (ptrdiff_t c = 0; c < chunks; c++) column_chunk(r, c);
  if (!r->partial) return;
  for (ptrdiff_t o = 0; o < r->outer; o++) {
    double *sums = r->partial + o * r->blocks * r->inner;
    for (ptrdiff_t b = 1; b < r->blocks; b++) add_row_f64(sums, sums + b * r->inner, r->inner);
    for (ptrdiff_t i = 0; i < r->inner; i++) store(r->type, r->out, o * r->inner + i, sums[i]);
  }
  faa_release(r->partial, bytes);
}

#define SLICE_LOOP(T, start, step, finish)                                   \
  for (ptrdiff_t o = first; o < last; o++)                                   \
    for (ptrdiff_t i = 0; i < r->inner; i++) {                               \
      const T *x = (const T *)r->x + o * r->n * r->inner + i;                \
      start;                                                                 \
      for (ptrdiff_t j = 0; j < r->n; j++) {                                 \
        T v = x[j * r->inner];                                               \
        step;                                                                \
      }                                                                      \
      ptrdiff_t at = o * r->inner + i;                                       \
      finish;                                                                \
    }

#define EXTREME(T, beats) SLICE_LOOP(T, T best = x[0], if ((beats) || v != v) best = best != best ? best : v, ((T *)r->out)[at] = best)
#define ARG_EXTREME(T, beats)                                            \
  SLICE_LOOP(                                                            \
      T, T best = x[0]; ptrdiff_t where = 0,                             \
      if (best == best && ((beats) || v != v)) { best = v; where = j; }, \
      ((int32_t *)r->out)[at] = (int32_t)where)
#define PER_TYPE(FORM, beats)                           \
  switch (r->type) {                                    \
    case FaaF32: FORM(float, beats) break;              \
    case FaaF64: FORM(double, beats) break;             \
    case FaaI32: FORM(int32_t, beats) break;            \
    case FaaBool: FORM(uint8_t, beats) break;           \
  }

static void slice_chunk(void *context, ptrdiff_t chunk) {
  Reduce *r = context;
  ptrdiff_t first = chunk * r->outers_per_chunk, last = first + r->outers_per_chunk;
  if (last > r->outer) last = r->outer;
  int fault = 0;
  switch (r->op) {
    case FaaSum:
      if (r->type == FaaI32) {
        SLICE_LOOP(int32_t, int64_t sum = 0, sum += v, ((int32_t *)r->out)[at] = (int32_t)sum;
                   fault |= sum != (int32_t)sum)
      } else {
        for (ptrdiff_t o = first; o < last; o++) store(r->type, r->out, o, row_sum(r->type, r->x, o * r->n, r->n));
      }
      break;
    case FaaProd:
      if (r->type == FaaI32) {
        SLICE_LOOP(int32_t, int64_t product = 1,
                   if (product == (int32_t)product) product *= v, ((int32_t *)r->out)[at] = (int32_t)product;
                   fault |= product != (int32_t)product)
      } else if (r->type == FaaF32) {
        SLICE_LOOP(float, double product = 1, product *= v, ((float *)r->out)[at] = (float)product)
      } else {
        SLICE_LOOP(double, double product = 1, product *= v, ((double *)r->out)[at] = product)
      }
      break;
    case FaaMaximum: PER_TYPE(EXTREME, v > best) break;
    case FaaMinimum: PER_TYPE(EXTREME, v < best) break;
    case FaaArgMax: PER_TYPE(ARG_EXTREME, v > best) break;
    case FaaArgMin: PER_TYPE(ARG_EXTREME, v < best) break;
    case FaaAny: SLICE_LOOP(uint8_t, uint8_t any = 0, any |= v != 0, ((uint8_t *)r->out)[at] = any) break;
    case FaaAll: SLICE_LOOP(uint8_t, uint8_t all = 1, all &= v != 0, ((uint8_t *)r->out)[at] = all) break;
  }
  if (fault) atomic_store_explicit(&r->fault, 1, memory_order_relaxed);
}

int faa_reduce(FaaReduction op, FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *x, void *out) {
  Reduce r = {.op = op, .type = type, .outer = outer, .n = n, .inner = inner, .x = x, .out = out};
  atomic_init(&r.fault, 0);
  bool float_sum = op == FaaSum && (type == FaaF32 || type == FaaF64);
  if ((op == FaaSum || op == FaaProd) && type == FaaBool) return -1;
  if ((op == FaaAny || op == FaaAll) && type != FaaBool) return -1;
  if (outer * inner == 0) return 0;
  if ((op == FaaMaximum || op == FaaMinimum) && type >= FaaF32 && n > 0) {
    faa_float_extreme(op == FaaMinimum, type, outer, n, inner, x, out);
    return 0;
  }
  if (float_sum && inner == 1 && outer == 1 && n >= 8 * BLOCK) {
    ptrdiff_t chunks = (n + 4 * BLOCK - 1) / (4 * BLOCK);
    r.partial = faa_allocate((size_t)chunks * sizeof(double));
    if (r.partial) {
      faa_parallel(chunks, partial_chunk, &r);
      double sum = 0;
      for (ptrdiff_t c = 0; c < chunks; c++) sum += r.partial[c];
      store(type, out, 0, sum);
      faa_release(r.partial, (size_t)chunks * sizeof(double));
      return 0;
    }
  }
  if (float_sum && inner > 1) {
    sum_columns(&r);
    return 0;
  }
  ptrdiff_t per_outer = n * inner > 0 ? n * inner : 1;
  r.outers_per_chunk = CHEAP_GRAIN / per_outer + 1;
  faa_parallel((outer + r.outers_per_chunk - 1) / r.outers_per_chunk, slice_chunk, &r);
  return atomic_load_explicit(&r.fault, memory_order_relaxed);
}

int faa_cumsum(FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *x, void *out) {
  if (type == FaaBool) return -1;
  int fault = 0;
  for (ptrdiff_t o = 0; o < outer; o++)
    for (ptrdiff_t i = 0; i < inner; i++) {
      ptrdiff_t at = o * n * inner + i;
      double sum = 0;
      int64_t whole = 0;
      for (ptrdiff_t j = 0; j < n; j++, at += inner) {
        if (type == FaaI32) {
          whole += ((const int32_t *)x)[at];
          ((int32_t *)out)[at] = (int32_t)whole;
          fault |= whole != (int32_t)whole;
        } else {
          sum += type == FaaF32 ? ((const float *)x)[at] : ((const double *)x)[at];
          store(type, out, at, sum);
        }
      }
    }
  return fault;
}

void faa_cumprod(FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *x, void *out) {
  for (ptrdiff_t o = 0; o < outer; o++)
    for (ptrdiff_t i = 0; i < inner; i++) {
      ptrdiff_t at = o * n * inner + i;
      double product = 1;
      for (ptrdiff_t j = 0; j < n; j++, at += inner) {
        product *= type == FaaF32 ? ((const float *)x)[at] : ((const double *)x)[at];
        store(type, out, at, product);
      }
    }
}
