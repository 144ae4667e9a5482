// Layer normalisation with its scale and shift, and the products of its derivatives, each in one pass over the rows.
#include <math.h>
#include <string.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t rows, n, rows_per_chunk;
  double epsilon;
  const void *g, *x, *weight, *bias;
  void *out, *partial;
} Norm;

// The row's mean and the reciprocal of its deviation: two passes over a row that is in the cache, exact where one pass over
// squares would cancel.
#define MOMENTS(T, suffix)                                                                                     \
  CLONES static void moments_##suffix(const T *x, ptrdiff_t n, double epsilon, T *mean, T *scale) {            \
    _Pragma("clang fp reassociate(on)") T sum = 0;                                                             \
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i];                                                             \
    T m = sum / (T)n;                                                                                          \
    T square = 0;                                                                                              \
    for (ptrdiff_t i = 0; i < n; i++) square += (x[i] - m) * (x[i] - m);                                       \
    *mean = m;                                                                                                 \
    *scale = 1 / (T)sqrt((double)(square / (T)n) + epsilon);                                                   \
  }                                                                                                            \
  CLONES static void norm_row_##suffix(const T *restrict x, const T *restrict w, const T *restrict b,          \
                                       T *restrict out, ptrdiff_t n, T mean, T scale) {                        \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = (x[i] - mean) * scale * w[i] + b[i];                            \
  }                                                                                                            \
  /* With y the normalised row, h = g w and s the scale: s (h - mean(h) - y mean(h y)). */                     \
  CLONES static void norm_vjp_row_##suffix(const T *restrict g, const T *restrict x, const T *restrict w,      \
                                           T *restrict dx, T *restrict dw, T *restrict db, ptrdiff_t n,        \
                                           T mean, T scale) {                                                  \
    _Pragma("clang fp reassociate(on)") T level = 0, along = 0;                                                \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      T y = (x[i] - mean) * scale, h = g[i] * w[i];                                                            \
      level += h;                                                                                              \
      along += h * y;                                                                                          \
      dw[i] += g[i] * y;                                                                                       \
      db[i] += g[i];                                                                                           \
    }                                                                                                          \
    level /= (T)n;                                                                                             \
    along /= (T)n;                                                                                             \
    for (ptrdiff_t i = 0; i < n; i++)                                                                          \
      dx[i] = scale * (g[i] * w[i] - level - (x[i] - mean) * scale * along);                                   \
  }                                                                                                            \
  static void norm_chunk_##suffix(void *context, ptrdiff_t chunk) {                                            \
    const Norm *c = context;                                                                                   \
    ptrdiff_t n = c->n, first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;                   \
    for (ptrdiff_t r = first; r < (last < c->rows ? last : c->rows); r++) {                                    \
      T mean, scale;                                                                                           \
      moments_##suffix((const T *)c->x + r * n, n, c->epsilon, &mean, &scale);                                 \
      norm_row_##suffix((const T *)c->x + r * n, c->weight, c->bias, (T *)c->out + r * n, n, mean, scale);     \
    }                                                                                                          \
  }                                                                                                            \
  static void norm_vjp_chunk_##suffix(void *context, ptrdiff_t chunk) {                                        \
    const Norm *c = context;                                                                                   \
    ptrdiff_t n = c->n, first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;                   \
    T *dw = (T *)c->partial + chunk * 2 * n, *db = dw + n;                                                     \
    memset(dw, 0, (size_t)(2 * n) * sizeof(T));                                                                \
    for (ptrdiff_t r = first; r < (last < c->rows ? last : c->rows); r++) {                                    \
      T mean, scale;                                                                                           \
      moments_##suffix((const T *)c->x + r * n, n, c->epsilon, &mean, &scale);                                 \
      norm_vjp_row_##suffix((const T *)c->g + r * n, (const T *)c->x + r * n, c->weight, (T *)c->out + r * n,  \
                            dw, db, n, mean, scale);                                                           \
    }                                                                                                          \
  }                                                                                                            \
  static void add_partials_##suffix(const T *partial, ptrdiff_t chunks, ptrdiff_t n, T *dw, T *db) {           \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      double w = 0, b = 0;                                                                                     \
      for (ptrdiff_t c = 0; c < chunks; c++) {                                                                 \
        w += partial[c * 2 * n + i];                                                                           \
        b += partial[c * 2 * n + n + i];                                                                       \
      }                                                                                                        \
      dw[i] = (T)w;                                                                                            \
      db[i] = (T)b;                                                                                            \
    }                                                                                                          \
  }
MOMENTS(float, f32)
MOMENTS(double, f64)

static Norm cut(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon) {
  return (Norm){.type = type, .rows = rows, .n = n, .epsilon = epsilon, .rows_per_chunk = CHEAP_GRAIN / (n ? n : 1) + 1};
}

int faa_layer_norm(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *x, const void *weight,
                   const void *bias, void *out) {
  if (type < FaaF32) return -1;
  if (rows * n == 0) return 0;
  Norm norm = cut(type, rows, n, epsilon);
  norm.x = x;
  norm.weight = weight;
  norm.bias = bias;
  norm.out = out;
  faa_parallel((rows + norm.rows_per_chunk - 1) / norm.rows_per_chunk,
               type == FaaF32 ? norm_chunk_f32 : norm_chunk_f64, &norm);
  return 0;
}

int faa_layer_norm_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *g, const void *x,
                       const void *weight, void *dx, void *dweight, void *dbias) {
  if (type < FaaF32) return -1;
  if (n == 0) return 0;
  Norm norm = cut(type, rows, n, epsilon);
  ptrdiff_t chunks = (rows + norm.rows_per_chunk - 1) / norm.rows_per_chunk;
  size_t bytes = (size_t)(chunks ? chunks : 1) * 2 * (size_t)n * faa_size(type);
  norm.partial = faa_allocate(bytes);
  if (!norm.partial) return 1;
  norm.g = g;
  norm.x = x;
  norm.weight = weight;
  norm.out = dx;
  faa_parallel(chunks, type == FaaF32 ? norm_vjp_chunk_f32 : norm_vjp_chunk_f64, &norm);
  if (type == FaaF32)
    add_partials_f32(norm.partial, chunks, n, dweight, dbias);
  else
    add_partials_f64(norm.partial, chunks, n, dweight, dbias);
  faa_release(norm.partial, bytes);
  return 0;
}
