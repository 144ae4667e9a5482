// Kernels that work on whole rows of [rows, n]: softmax, log-sum-exp and normalisation.
#include <math.h>

#include "Elementwise.h"
#include "VectorMath.h"

typedef struct {
  ptrdiff_t rows, n, rows_per_chunk;
  double epsilon;
  const void *x, *g, *v;
  void *out;
  FaaType type;
  void (*row)(const void *x, const void *g, void *out, ptrdiff_t n, double epsilon);
  void (*row_of_three)(const void *x, const void *g, const void *v, void *out, ptrdiff_t n, double epsilon);
} Rows;

static void rows_chunk(void *context, ptrdiff_t chunk) {
  const Rows *r = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(r->type);
  ptrdiff_t first = chunk * r->rows_per_chunk, last = first + r->rows_per_chunk;
  if (last > r->rows) last = r->rows;
  for (ptrdiff_t i = first; i < last; i++) {
    ptrdiff_t at = i * r->n * size;
    const char *g = r->g ? (const char *)r->g + at : NULL;
    if (r->v)
      r->row_of_three((const char *)r->x + at, g, (const char *)r->v + at, (char *)r->out + at, r->n, r->epsilon);
    else
      r->row((const char *)r->x + at, g, (char *)r->out + at, r->n, r->epsilon);
  }
}

static int run(Rows rows, ptrdiff_t grain) {
  if (rows.rows * rows.n == 0) return 0;
  rows.rows_per_chunk = grain / rows.n + 1;
  faa_parallel((rows.rows + rows.rows_per_chunk - 1) / rows.rows_per_chunk, rows_chunk, &rows);
  return 0;
}

// A maximum over 16 running lanes vectorises; NaN is picked up by the sum of exponentials that follows.
#define LANES 16
#define ROW_KERNELS(T, suffix, EXP, FALL, LOG, SQRT)                                                          \
  CLONES static T maximum_##suffix(const T *x, ptrdiff_t n) {                                                 \
    T lanes[LANES];                                                                                           \
    for (int l = 0; l < LANES; l++) lanes[l] = x[0];                                                          \
    ptrdiff_t i = 0;                                                                                          \
    for (; i + LANES <= n; i += LANES)                                                                        \
      for (int l = 0; l < LANES; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];                   \
    for (; i < n; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];                                          \
    T best = lanes[0];                                                                                        \
    for (int l = 1; l < LANES; l++) best = lanes[l] > best ? lanes[l] : best;                                 \
    return best;                                                                                              \
  }                                                                                                           \
  CLONES static T sum_##suffix(const T *x, ptrdiff_t n) {                                                     \
    _Pragma("clang fp reassociate(on)") T sum = 0;                                                            \
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i];                                                            \
    return sum;                                                                                               \
  }                                                                                                           \
  CLONES static T dot_##suffix(const T *x, const T *y, ptrdiff_t n) {                                         \
    _Pragma("clang fp reassociate(on)") T sum = 0;                                                            \
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i] * y[i];                                                     \
    return sum;                                                                                               \
  }                                                                                                           \
  CLONES static void softmax_##suffix(const void *px, const void *g, void *po, ptrdiff_t n, double e) {       \
    const T *x = px;                                                                                          \
    T *out = po;                                                                                              \
    (void)g, (void)e;                                                                                         \
    T top = maximum_##suffix(x, n);                                                                           \
    if (out == x) /* apart, because a loop over two arrays that may overlap does not vectorise when they do */  \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = FALL(out[i] - top);                                          \
    else                                                                                                      \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = FALL(x[i] - top);                                            \
    T scale = 1 / sum_##suffix(out, n);                                                                       \
    for (ptrdiff_t i = 0; i < n; i++) out[i] *= scale;                                                        \
  }                                                                                                           \
  CLONES static void logsoftmax_##suffix(const void *px, const void *g, void *po, ptrdiff_t n, double e) {    \
    const T *x = px;                                                                                          \
    T *out = po;                                                                                              \
    (void)g, (void)e;                                                                                         \
    T top = maximum_##suffix(x, n);                                                                           \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = EXP(x[i] - top);                                               \
    T shift = LOG(sum_##suffix(out, n));                                                                      \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = (x[i] - top) - shift;                                          \
  }                                                                                                           \
  CLONES static T logsumexp_row_##suffix(const T *x, ptrdiff_t n) {                                           \
    T top = maximum_##suffix(x, n);                                                                           \
    if (!(top - top == 0)) { /* nothing finite to subtract: NaN if there is one, else the infinity */         \
      for (ptrdiff_t i = 0; i < n; i++)                                                                       \
        if (x[i] != x[i]) return x[i];                                                                        \
      return top;                                                                                             \
    }                                                                                                         \
    T sum = 0;                                                                                                \
    for (ptrdiff_t i = 0; i < n; i++) sum += EXP(x[i] - top);                                                 \
    return top + LOG(sum);                                                                                    \
  }                                                                                                           \
  CLONES static void normalize_##suffix(const void *px, const void *g, void *po, ptrdiff_t n, double e) {     \
    const T *x = px;                                                                                          \
    T *out = po;                                                                                              \
    (void)g;                                                                                                  \
    T mean = sum_##suffix(x, n) / (T)n;                                                                       \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = x[i] - mean;                                                   \
    T scale = 1 / SQRT(dot_##suffix(out, out, n) / (T)n + (T)e);                                              \
    for (ptrdiff_t i = 0; i < n; i++) out[i] *= scale;                                                        \
  }                                                                                                           \
  /* With y the normalised row and s its scale: s (g - mean(g) - y mean(g y)). */                             \
  CLONES static void normalize_vjp_##suffix(const void *px, const void *pg, void *po, ptrdiff_t n, double e) {\
    const T *x = px, *g = pg;                                                                                 \
    T *out = po;                                                                                              \
    T mean = sum_##suffix(x, n) / (T)n;                                                                       \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = x[i] - mean;                                                   \
    T scale = 1 / SQRT(dot_##suffix(out, out, n) / (T)n + (T)e);                                              \
    T along = dot_##suffix(out, g, n) / (T)n * scale * scale;                                                 \
    T level = sum_##suffix(g, n) / (T)n;                                                                      \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = scale * (g[i] - level - along * out[i]);                       \
  }                                                                                                           \
  /* With C = c - mean(c), V = v - mean(v), p = mean(c y), q = mean(v y) and k = mean(C V) - p q:               \
     -s² (k y + q (C - p y) + p (V - q y)). */                                                                \
  CLONES static void normalize_curve_##suffix(const void *px, const void *pc, const void *pv, void *po,       \
                                              ptrdiff_t n, double e) {                                        \
    const T *restrict x = px, *restrict c = pc, *restrict v = pv;                                             \
    T *restrict out = po;                                                                                     \
    T mean = sum_##suffix(x, n) / (T)n, middle = sum_##suffix(c, n) / (T)n, level = sum_##suffix(v, n) / (T)n;\
    for (ptrdiff_t i = 0; i < n; i++) out[i] = x[i] - mean;                                                   \
    T scale = 1 / SQRT(dot_##suffix(out, out, n) / (T)n + (T)e);                                              \
    T p = dot_##suffix(c, out, n) / (T)n * scale, q = dot_##suffix(v, out, n) / (T)n * scale;                 \
    T both = 0;                                                                                               \
    {                                                                                                         \
      _Pragma("clang fp reassociate(on)") for (ptrdiff_t i = 0; i < n; i++)                                   \
          both += (c[i] - middle) * (v[i] - level);                                                           \
    }                                                                                                         \
    T k = (both / (T)n - 3 * p * q) * scale, s = -scale * scale;                                              \
    for (ptrdiff_t i = 0; i < n; i++)                                                                         \
      out[i] = s * (k * out[i] + q * (c[i] - middle) + p * (v[i] - level));                                   \
  }

ROW_KERNELS(float, f32, fast_exp, exp_or_zero, fast_log, sqrtf)
ROW_KERNELS(double, f64, exp, exp, log, sqrt)

#define CHOOSE(type, name) ((type) == FaaF32 ? name##_f32 : name##_f64)

int faa_softmax(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *x, void *out) {
  if (type < FaaF32) return -1;
  return run((Rows){.rows = rows, .n = n, .x = x, .out = out, .type = type, .row = CHOOSE(type, softmax)}, DEAR_GRAIN);
}

int faa_logsoftmax(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *x, void *out) {
  if (type < FaaF32) return -1;
  return run((Rows){.rows = rows, .n = n, .x = x, .out = out, .type = type, .row = CHOOSE(type, logsoftmax)},
             DEAR_GRAIN);
}

int faa_logsumexp(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *x, void *out) {
  if (type < FaaF32) return -1;
  for (ptrdiff_t r = 0; r < rows; r++) {
    if (type == FaaF32)
      ((float *)out)[r] = n ? logsumexp_row_f32((const float *)x + r * n, n) : -INFINITY;
    else
      ((double *)out)[r] = n ? logsumexp_row_f64((const double *)x + r * n, n) : -INFINITY;
  }
  return 0;
}

int faa_normalize(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *x, void *out) {
  if (type < FaaF32) return -1;
  return run((Rows){.rows = rows, .n = n, .epsilon = epsilon, .x = x, .out = out, .type = type,
                    .row = CHOOSE(type, normalize)}, CHEAP_GRAIN);
}

int faa_normalize_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *g, const void *x,
                      void *out) {
  if (type < FaaF32) return -1;
  return run((Rows){.rows = rows, .n = n, .epsilon = epsilon, .x = x, .g = g, .out = out, .type = type,
                    .row = CHOOSE(type, normalize_vjp)}, CHEAP_GRAIN);
}

int faa_normalize_curve(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *c, const void *v,
                        const void *x, void *out) {
  if (type < FaaF32) return -1;
  return run((Rows){.rows = rows, .n = n, .epsilon = epsilon, .x = x, .g = c, .v = v, .out = out, .type = type,
                    .row_of_three = CHOOSE(type, normalize_curve)}, CHEAP_GRAIN);
}
