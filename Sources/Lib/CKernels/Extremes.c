// The largest and the smallest of floats: exact, so the order of the comparisons does not matter, only that a NaN is never lost.
#include <stdlib.h>

#include "Elementwise.h"

#define LANES 32

typedef struct {
  FaaType type;
  bool smallest;
  ptrdiff_t outer, n, inner, per_chunk;
  const void *x;
  void *out;
} Extreme;

#define EXTREME_KERNELS(T, BITS, suffix, name, BEATS)                                                    \
  CLONES static T name##_row_##suffix(const T *x, ptrdiff_t n) {                                         \
    T lanes[LANES];                                                                                      \
    BITS odd[LANES] = {0}, bad = 0;                                                                      \
    for (int l = 0; l < LANES; l++) lanes[l] = x[0];                                                     \
    /* Its quarters side by side: four places of memory come in sooner than one. */                      \
    ptrdiff_t quarter = n / 4 / 8 * 8, i = 0;                                                            \
    const T *y = x + quarter, *z = y + quarter, *w = z + quarter;                                        \
    for (; i < quarter; i += 8)                                                                          \
      for (int l = 0; l < 8; l++) {                                                                      \
        T a = x[i + l], b = y[i + l], c = z[i + l], d = w[i + l];                                        \
        lanes[l] = a BEATS lanes[l] ? a : lanes[l];                                                      \
        lanes[l + 8] = b BEATS lanes[l + 8] ? b : lanes[l + 8];                                          \
        lanes[l + 16] = c BEATS lanes[l + 16] ? c : lanes[l + 16];                                       \
        lanes[l + 24] = d BEATS lanes[l + 24] ? d : lanes[l + 24];                                       \
        odd[l] |= (a != a) | (b != b) | (c != c) | (d != d);                                             \
      }                                                                                                  \
    i = 4 * quarter;                                                                                     \
    for (; i < n; i++) {                                                                                 \
      lanes[0] = x[i] BEATS lanes[0] ? x[i] : lanes[0];                                                  \
      bad |= x[i] != x[i];                                                                               \
    }                                                                                                    \
    for (int l = 0; l < LANES; l++) bad |= odd[l];                                                       \
    if (bad)                                                                                             \
      for (i = 0; i < n; i++)                                                                            \
        if (x[i] != x[i]) return x[i];                                                                   \
    T best = lanes[0];                                                                                   \
    for (int l = 1; l < LANES; l++) best = lanes[l] BEATS best ? lanes[l] : best;                        \
    return best;                                                                                         \
  }                                                                                                      \
  CLONES static void name##_columns_##suffix(const T *restrict x, T *restrict best, ptrdiff_t n) {       \
    for (ptrdiff_t i = 0; i < n; i++) best[i] = x[i] BEATS best[i] || x[i] != x[i] ? x[i] : best[i];     \
  }
EXTREME_KERNELS(float, int32_t, f32, largest, >)
EXTREME_KERNELS(double, int64_t, f64, largest, >)
EXTREME_KERNELS(float, int32_t, f32, smallest, <)
EXTREME_KERNELS(double, int64_t, f64, smallest, <)

static void rows_chunk(void *context, ptrdiff_t chunk) {
  const Extreme *e = context;
  ptrdiff_t first = chunk * e->per_chunk, last = first + e->per_chunk;
  for (ptrdiff_t r = first; r < (last < e->outer ? last : e->outer); r++) {
    if (e->type == FaaF32)
      ((float *)e->out)[r] = (e->smallest ? smallest_row_f32 : largest_row_f32)((const float *)e->x + r * e->n, e->n);
    else
      ((double *)e->out)[r] = (e->smallest ? smallest_row_f64 : largest_row_f64)((const double *)e->x + r * e->n, e->n);
  }
}

/// Columns chunk * per_chunk onwards of every slab.
static void columns_chunk(void *context, ptrdiff_t chunk) {
  const Extreme *e = context;
  ptrdiff_t groups = (e->inner + e->per_chunk - 1) / e->per_chunk;
  ptrdiff_t o = chunk / groups, first = chunk % groups * e->per_chunk;
  ptrdiff_t count = e->inner - first < e->per_chunk ? e->inner - first : e->per_chunk;
  ptrdiff_t from = o * e->n * e->inner + first, to = o * e->inner + first;
  if (e->type == FaaF32) {
    const float *x = (const float *)e->x + from;
    float *best = (float *)e->out + to;
    for (ptrdiff_t i = 0; i < count; i++) best[i] = x[i];
    for (ptrdiff_t j = 1; j < e->n; j++)
      (e->smallest ? smallest_columns_f32 : largest_columns_f32)(x + j * e->inner, best, count);
  } else {
    const double *x = (const double *)e->x + from;
    double *best = (double *)e->out + to;
    for (ptrdiff_t i = 0; i < count; i++) best[i] = x[i];
    for (ptrdiff_t j = 1; j < e->n; j++)
      (e->smallest ? smallest_columns_f64 : largest_columns_f64)(x + j * e->inner, best, count);
  }
}

void faa_float_extreme(bool smallest, FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *x,
                       void *out) {
  Extreme e = {.type = type, .smallest = smallest, .outer = outer, .n = n, .inner = inner, .x = x, .out = out};
  if (inner == 1 && outer < 16 && n >= 4 * CHEAP_GRAIN) {
    // Few long rows: each is cut into pieces, whose extremes are then reduced.
    for (ptrdiff_t r = 0; r < outer; r++) {
      ptrdiff_t pieces = n / CHEAP_GRAIN, length = n / pieces, rest = n - pieces * length;
      const char *row = (const char *)x + r * n * (ptrdiff_t)faa_size(type);
      void *partial = malloc((size_t)(pieces + 1) * faa_size(type));
      char *target = (char *)out + r * (ptrdiff_t)faa_size(type);
      if (!partial) {
        e.outer = 1, e.x = row, e.out = target, e.per_chunk = 1;
        rows_chunk(&e, 0);
        continue;
      }
      Extreme cut = {.type = type, .smallest = smallest, .outer = pieces, .n = length, .inner = 1, .per_chunk = 1,
                     .x = row, .out = partial};
      faa_parallel(pieces, rows_chunk, &cut);
      if (rest > 0) {
        Extreme end = {.type = type, .smallest = smallest, .outer = 1, .n = rest, .inner = 1, .per_chunk = 1,
                       .x = row + pieces * length * (ptrdiff_t)faa_size(type),
                       .out = (char *)partial + pieces * (ptrdiff_t)faa_size(type)};
        rows_chunk(&end, 0);
      }
      Extreme all = {.type = type, .smallest = smallest, .outer = 1, .n = pieces + (rest > 0), .inner = 1,
                     .per_chunk = 1, .x = partial, .out = target};
      rows_chunk(&all, 0);
      free(partial);
    }
  } else if (inner == 1) {
    e.per_chunk = CHEAP_GRAIN / (n > 0 ? n : 1) + 1;
    faa_parallel((outer + e.per_chunk - 1) / e.per_chunk, rows_chunk, &e);
  } else {
    e.per_chunk = 256;
    ptrdiff_t chunks = outer * ((inner + e.per_chunk - 1) / e.per_chunk);
    if (outer * n * inner >= 2 * CHEAP_GRAIN)
      faa_parallel(chunks, columns_chunk, &e);
    else
      for (ptrdiff_t c = 0; c < chunks; c++) columns_chunk(&e, c);
  }
}
