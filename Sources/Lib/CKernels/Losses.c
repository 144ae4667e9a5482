// Softmax and cross-entropy in one pass over each row of logits, and its first derivative.
#include "Losses.h"

#include <math.h>

#include "Elementwise.h"
#include "VectorMath.h"

typedef struct {
  ptrdiff_t rows, n, rows_per_chunk;
  double on, off;
  const int32_t *y;
  const void *weights, *g, *x;
  void *out;
} Entropy;

#define LANES 16
// The sum of exponentials runs after the largest logit is known, and a logit of weight 0 is not looked at: 0 times an
// infinite -log p is 0.
#define ENTROPY_KERNELS(T, suffix, EXP, LOG)                                                                   \
  CLONES static T top_##suffix(const T *x, ptrdiff_t n) {                                                      \
    T lanes[LANES];                                                                                            \
    for (int l = 0; l < LANES; l++) lanes[l] = x[0];                                                           \
    ptrdiff_t i = 0;                                                                                           \
    for (; i + LANES <= n; i += LANES)                                                                         \
      for (int l = 0; l < LANES; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];                    \
    for (; i < n; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];                                           \
    T best = lanes[0];                                                                                         \
    for (int l = 1; l < LANES; l++) best = lanes[l] > best ? lanes[l] : best;                                  \
    return best;                                                                                               \
  }                                                                                                            \
  CLONES static T exponentials_##suffix(const T *x, ptrdiff_t n, T top) {                                      \
    _Pragma("clang fp reassociate(on)") T sum = 0;                                                             \
    for (ptrdiff_t i = 0; i < n; i++) sum += EXP(x[i] - top);                                                  \
    return sum;                                                                                                \
  }                                                                                                            \
  static T total_##suffix(const T *x, ptrdiff_t n) {                                                           \
    T top = top_##suffix(x, n);                                                                                \
    if (top - top != 0) { /* nothing finite to subtract: NaN if there is one, else the infinity */             \
      for (ptrdiff_t i = 0; i < n; i++)                                                                        \
        if (x[i] != x[i]) return x[i];                                                                         \
      return top;                                                                                              \
    }                                                                                                          \
    return top + LOG(exponentials_##suffix(x, n, top));                                                        \
  }                                                                                                            \
  static void value_##suffix(void *context, ptrdiff_t chunk) {                                                 \
    const Entropy *e = context;                                                                                \
    ptrdiff_t first = chunk * e->rows_per_chunk, last = first + e->rows_per_chunk, n = e->n;                   \
    const T *w = e->weights;                                                                                   \
    for (ptrdiff_t r = first; r < (last < e->rows ? last : e->rows); r++) {                                    \
      const T *x = (const T *)e->x + r * n;                                                                    \
      int32_t y = e->y[r];                                                                                     \
      T sum = 0;                                                                                               \
      if (y >= 0) {                                                                                            \
        T total = total_##suffix(x, n), on = (T)e->on * (w ? w[y] : 1), off = (T)e->off;                       \
        if (on != 0) sum = on * (total - x[y]);                                                                \
        if (off != 0)                                                                                          \
          for (ptrdiff_t c = 0; c < n; c++)                                                                    \
            if (!w || w[c] != 0) sum += off * (w ? w[c] : 1) * (total - x[c]);                                 \
      }                                                                                                        \
      ((T *)e->out)[r] = sum;                                                                                  \
    }                                                                                                          \
  }                                                                                                            \
  /* With q the weight of each -log p and Q their sum: g (Q p - q). */                                         \
  CLONES static void vjp_##suffix(void *context, ptrdiff_t chunk) {                                            \
    const Entropy *e = context;                                                                                \
    ptrdiff_t first = chunk * e->rows_per_chunk, last = first + e->rows_per_chunk, n = e->n;                   \
    const T *w = e->weights;                                                                                   \
    T all = 0, off = (T)e->off;                                                                                \
    for (ptrdiff_t c = 0; c < n; c++) all += off * (w ? w[c] : 1);                                             \
    for (ptrdiff_t r = first; r < (last < e->rows ? last : e->rows); r++) {                                    \
      const T *x = (const T *)e->x + r * n;                                                                    \
      T *out = (T *)e->out + r * n, g = ((const T *)e->g)[r];                                                  \
      int32_t y = e->y[r];                                                                                     \
      if (y < 0) {                                                                                             \
        for (ptrdiff_t c = 0; c < n; c++) out[c] = 0;                                                          \
        continue;                                                                                              \
      }                                                                                                        \
      T total = total_##suffix(x, n), on = (T)e->on * (w ? w[y] : 1), scale = g * (on + all);                  \
      for (ptrdiff_t c = 0; c < n; c++) out[c] = scale * EXP(x[c] - total);                                    \
      if (off != 0)                                                                                            \
        for (ptrdiff_t c = 0; c < n; c++) out[c] -= g * off * (w ? w[c] : 1);                                  \
      out[y] -= g * on;                                                                                        \
    }                                                                                                          \
  }

ENTROPY_KERNELS(float, f32, fast_exp, fast_log)
ENTROPY_KERNELS(double, f64, exp, log)

static int run(Entropy entropy, void (*body)(void *, ptrdiff_t)) {
  if (entropy.rows == 0) return 0;
  entropy.rows_per_chunk = DEAR_GRAIN / (entropy.n + 1) + 1;
  faa_parallel((entropy.rows + entropy.rows_per_chunk - 1) / entropy.rows_per_chunk, body, &entropy);
  return 0;
}

int faa_cross_entropy(FaaType type, ptrdiff_t rows, ptrdiff_t n, double on, double off, const int32_t *y,
                      const void *weights, const void *x, void *out) {
  if (type < FaaF32) return -1;
  Entropy entropy = {.rows = rows, .n = n, .on = on, .off = off, .y = y, .weights = weights, .x = x, .out = out};
  return run(entropy, type == FaaF32 ? value_f32 : value_f64);
}

int faa_cross_entropy_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double on, double off, const int32_t *y,
                          const void *weights, const void *g, const void *x, void *out) {
  if (type < FaaF32) return -1;
  Entropy entropy = {.rows = rows, .n = n, .on = on, .off = off, .y = y, .weights = weights, .g = g, .x = x, .out = out};
  return run(entropy, type == FaaF32 ? vjp_f32 : vjp_f64);
}
