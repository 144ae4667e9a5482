// Layer normalisation with its scale and shift, and the products of its derivatives, each in one pass over the rows.
#include <math.h>
#include <string.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t rows, n, rows_per_chunk;
  double epsilon;
  bool streams;  // the result is written past the cache
  const void *g, *x, *weight, *bias;
  const void *weight_change;  // for a tangent, where g is that of x and bias the bias's; this and bias may be NULL
  void *out, *partial;
} Norm;

#define AHEAD 64

// The sums of four rows at once: four places of memory come in sooner than one. The mean of a row and the reciprocal of
// its deviation take two passes, exact where one pass over squares would cancel; the second finds the row in the cache.
#define MOMENTS(T, suffix)                                                                                     \
  CLONES static void four_sums_##suffix(const T *const rows[4], ptrdiff_t n, T sums[4]) {                      \
    _Pragma("clang fp reassociate(on)") T a = 0, b = 0, c = 0, d = 0;                                          \
    const T *x = rows[0], *y = rows[1], *z = rows[2], *w = rows[3];                                            \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      a += x[i];                                                                                               \
      b += y[i];                                                                                               \
      c += z[i];                                                                                               \
      d += w[i];                                                                                               \
    }                                                                                                          \
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;                                                        \
  }                                                                                                            \
  CLONES static T deviation_scale_##suffix(const T *x, ptrdiff_t n, double epsilon, T mean) {                  \
    _Pragma("clang fp reassociate(on)") T square = 0;                                                          \
    for (ptrdiff_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);                                 \
    return 1 / (T)sqrt((double)(square / (T)n) + epsilon);                                                     \
  }                                                                                                            \
  CLONES static void norm_row_##suffix(const T *restrict x, const T *restrict w, const T *restrict b,          \
                                       T *restrict out, ptrdiff_t n, T mean, T scale) {                        \
    ptrdiff_t i = 0;                                                                                           \
    for (; i + AHEAD <= n; i += AHEAD) {                                                                       \
      for (ptrdiff_t j = 0; j < AHEAD; j += 64 / sizeof(T)) /* what is read after the next rows */             \
        __builtin_prefetch(x + 4 * n + i + j);                                                                 \
      for (ptrdiff_t j = i; j < i + AHEAD; j++) out[j] = (x[j] - mean) * scale * w[j] + b[j];                  \
    }                                                                                                          \
    for (; i < n; i++) out[i] = (x[i] - mean) * scale * w[i] + b[i];                                           \
  }                                                                                                            \
  /* With y the normalised row, h = g w and s the scale: s (h - mean(h) - y mean(h y)). Two rows at a time, so that the\
     sums over rows are read and written half as often. */                                                     \
  CLONES static void norm_vjp_rows_##suffix(const T *restrict g, const T *restrict x, const T *restrict w,     \
                                            T *restrict dw, T *restrict db, ptrdiff_t n,                       \
                                            const T *mean, const T *scale, T *level, T *along) {               \
    _Pragma("clang fp reassociate(on)") T l0 = 0, l1 = 0, a0 = 0, a1 = 0;                                      \
    T m0 = mean[0], m1 = mean[1], s0 = scale[0], s1 = scale[1];                                                \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      T y0 = (x[i] - m0) * s0, y1 = (x[n + i] - m1) * s1, g0 = g[i], g1 = g[n + i];                            \
      T h0 = g0 * w[i], h1 = g1 * w[i];                                                                        \
      l0 += h0;                                                                                                \
      l1 += h1;                                                                                                \
      a0 += h0 * y0;                                                                                           \
      a1 += h1 * y1;                                                                                           \
      dw[i] += g0 * y0 + g1 * y1;                                                                              \
      db[i] += g0 + g1;                                                                                        \
    }                                                                                                          \
    level[0] = l0 / (T)n, level[1] = l1 / (T)n;                                                                \
    along[0] = a0 / (T)n, along[1] = a1 / (T)n;                                                                \
  }                                                                                                            \
  CLONES static void norm_vjp_last_##suffix(const T *restrict g, const T *restrict x, const T *restrict w,     \
                                            T *restrict dw, T *restrict db, ptrdiff_t n, T mean, T scale,      \
                                            T *level, T *along) {                                              \
    _Pragma("clang fp reassociate(on)") T l = 0, a = 0;                                                        \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      T y = (x[i] - mean) * scale, h = g[i] * w[i];                                                            \
      l += h;                                                                                                  \
      a += h * y;                                                                                              \
      dw[i] += g[i] * y;                                                                                       \
      db[i] += g[i];                                                                                           \
    }                                                                                                          \
    *level = l / (T)n;                                                                                         \
    *along = a / (T)n;                                                                                         \
  }                                                                                                            \
  CLONES static void norm_vjp_row_##suffix(const T *restrict g, const T *restrict x, const T *restrict w,      \
                                           T *restrict dx, ptrdiff_t n, T mean, T scale, T level, T along) {   \
    ptrdiff_t i = 0;                                                                                           \
    for (; i + AHEAD <= n; i += AHEAD) {                                                                       \
      for (ptrdiff_t j = 0; j < AHEAD; j += 64 / sizeof(T)) { /* what is read after the next row */            \
        __builtin_prefetch(x + 2 * n + i + j);                                                                 \
        __builtin_prefetch(g + 2 * n + i + j);                                                                 \
      }                                                                                                        \
      for (ptrdiff_t j = i; j < i + AHEAD; j++)                                                                \
        dx[j] = scale * (g[j] * w[j] - level - (x[j] - mean) * scale * along);                                 \
    }                                                                                                          \
    for (; i < n; i++) dx[i] = scale * (g[i] * w[i] - level - (x[i] - mean) * scale * along);                  \
  }                                                                                                            \
  /* With y the normalised row, s the scale and t, u, b the tangents of x, w and the bias: s (t - mean(t) - y mean(t y)) w + y u + b. */\
  CLONES static void norm_jvp_row_##suffix(const T *restrict t, const T *restrict x, const T *restrict w,      \
                                           const T *restrict u, const T *restrict b, T *restrict out,          \
                                           ptrdiff_t n, T mean, T scale) {                                     \
    _Pragma("clang fp reassociate(on)") T level = 0, along = 0;                                                \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
      level += t[i];                                                                                           \
      along += t[i] * (x[i] - mean);                                                                           \
    }                                                                                                          \
    level /= (T)n;                                                                                             \
    along *= scale * scale / (T)n;                                                                             \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = scale * (t[i] - level - (x[i] - mean) * along) * w[i];          \
    if (u)                                                                                                     \
      for (ptrdiff_t i = 0; i < n; i++) out[i] += (x[i] - mean) * scale * u[i];                                \
    if (b)                                                                                                     \
      for (ptrdiff_t i = 0; i < n; i++) out[i] += b[i];                                                        \
  }                                                                                                            \
  static void norm_jvp_chunk_##suffix(void *context, ptrdiff_t chunk) {                                        \
    const Norm *c = context;                                                                                   \
    ptrdiff_t n = c->n, first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;                   \
    if (last > c->rows) last = c->rows;                                                                        \
    for (ptrdiff_t r = first; r < last; r += 2) {                                                              \
      const T *x = (const T *)c->x + r * n, *g = (const T *)c->g + r * n;                                      \
      ptrdiff_t pair = r + 1 < last ? 2 : 1;                                                                   \
      T sums[4];                                                                                               \
      four_sums_##suffix((const T *const[4]){x, x + (pair - 1) * n, g, g + (pair - 1) * n}, n, sums);          \
      for (ptrdiff_t q = 0; q < pair; q++) {                                                                   \
        T mean = sums[q] / (T)n, scale = deviation_scale_##suffix(x + q * n, n, c->epsilon, mean);             \
        norm_jvp_row_##suffix(g + q * n, x + q * n, c->weight, c->weight_change, c->bias,                      \
                              (T *)c->out + (r + q) * n, n, mean, scale);                                      \
      }                                                                                                        \
    }                                                                                                          \
  }                                                                                                            \
  static void norm_chunk_##suffix(void *context, ptrdiff_t chunk) {                                            \
    const Norm *c = context;                                                                                   \
    ptrdiff_t n = c->n, first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;                   \
    _Alignas(64) T block[FAA_BLOCK_BYTES / sizeof(T)];                                                         \
    if (last > c->rows) last = c->rows;                                                                        \
    for (ptrdiff_t r = first; r < last; r += 4) {                                                              \
      const T *rows[4];                                                                                        \
      ptrdiff_t count = last - r < 4 ? last - r : 4;                                                           \
      for (ptrdiff_t q = 0; q < 4; q++) rows[q] = (const T *)c->x + (r + (q < count ? q : 0)) * n;             \
      T sums[4];                                                                                               \
      four_sums_##suffix(rows, n, sums);                                                                       \
      for (ptrdiff_t q = 0; q < count; q++) {                                                                  \
        T *out = (T *)c->out + (r + q) * n, mean = sums[q] / (T)n;                                             \
        T scale = deviation_scale_##suffix(rows[q], n, c->epsilon, mean);                                      \
        norm_row_##suffix(rows[q], c->weight, c->bias, c->streams ? block : out, n, mean, scale);              \
        if (c->streams) faa_stream((char *)out, (const char *)block, (size_t)n * sizeof(T));                   \
      }                                                                                                        \
    }                                                                                                          \
    if (c->streams) faa_stream_end();                                                                          \
  }                                                                                                            \
  static void norm_vjp_chunk_##suffix(void *context, ptrdiff_t chunk) {                                        \
    const Norm *c = context;                                                                                   \
    ptrdiff_t n = c->n, first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;                   \
    if (last > c->rows) last = c->rows;                                                                        \
    T *dw = (T *)c->partial + chunk * 2 * n, *db = dw + n;                                                     \
    _Alignas(64) T block[FAA_BLOCK_BYTES / sizeof(T)];                                                         \
    memset(dw, 0, (size_t)(2 * n) * sizeof(T));                                                                \
    for (ptrdiff_t r = first; r < last; r += 2) {                                                              \
      const T *x = (const T *)c->x + r * n, *g = (const T *)c->g + r * n;                                      \
      ptrdiff_t pair = r + 1 < last ? 2 : 1;                                                                   \
      T sums[4], mean[2] = {0}, scale[2] = {0}, level[2], along[2];                                            \
      /* Those of g are not needed: its rows are to be in the cache as well. */                                \
      four_sums_##suffix((const T *const[4]){x, x + (pair - 1) * n, g, g + (pair - 1) * n}, n, sums);          \
      for (ptrdiff_t q = 0; q < pair; q++) {                                                                   \
        mean[q] = sums[q] / (T)n;                                                                              \
        scale[q] = deviation_scale_##suffix(x + q * n, n, c->epsilon, mean[q]);                                \
      }                                                                                                        \
      if (pair == 2)                                                                                           \
        norm_vjp_rows_##suffix(g, x, c->weight, dw, db, n, mean, scale, level, along);                         \
      else                                                                                                     \
        norm_vjp_last_##suffix(g, x, c->weight, dw, db, n, mean[0], scale[0], level, along);                   \
      for (ptrdiff_t q = 0; q < pair; q++) {                                                                   \
        T *out = (T *)c->out + (r + q) * n;                                                                    \
        norm_vjp_row_##suffix(g + q * n, x + q * n, c->weight, c->streams ? block : out, n, mean[q], scale[q], \
                              level[q], along[q]);                                                             \
        if (c->streams) faa_stream((char *)out, (const char *)block, (size_t)n * sizeof(T));                   \
      }                                                                                                        \
    }                                                                                                          \
    if (c->streams) faa_stream_end();                                                                          \
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
  size_t row = (size_t)n * faa_size(type);
  // Some sixteen chunks, so that few rows are shared too, but of a size between the two grains.
  ptrdiff_t grain = rows * n / 16;
  grain = grain < DEAR_GRAIN ? DEAR_GRAIN : grain > CHEAP_GRAIN ? CHEAP_GRAIN : grain;
  return (Norm){.type = type, .rows = rows, .n = n, .epsilon = epsilon, .rows_per_chunk = grain / (n ? n : 1) + 1,
                .streams = row <= FAA_BLOCK_BYTES && (size_t)rows * row >= FAA_STREAMED_BYTES};
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

int faa_layer_norm_jvp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *x, const void *weight,
                       const void *x_change, const void *weight_change, const void *bias_change, void *out) {
  if (type < FaaF32) return -1;
  if (rows * n == 0) return 0;
  Norm norm = cut(type, rows, n, epsilon);
  norm.x = x;
  norm.weight = weight;
  norm.g = x_change;
  norm.weight_change = weight_change;
  norm.bias = bias_change;
  norm.out = out;
  faa_parallel((rows + norm.rows_per_chunk - 1) / norm.rows_per_chunk,
               type == FaaF32 ? norm_jvp_chunk_f32 : norm_jvp_chunk_f64, &norm);
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
