// Batch and group normalisation. The planes that share a mean are worked on together, all passes one after the other, while they are in the
// cache; sums run in single precision over one plane (in blocks) and in double beyond, in an order fixed by the shape.
#include <math.h>
#include <stdatomic.h>

#include "Elementwise.h"

#define BLOCK 4096

typedef struct {
  FaaType type;
  FaaNormalization s;
  double epsilon;
  const void *x, *g, *weight, *bias;
  void *out, *sums;
  double *plane_sums;  // of each plane: sum of g, sum of g times the normalised x
  ptrdiff_t groups, planes, stride;  // statistics groups; planes of each and how many planes lie from one to the next
  ptrdiff_t groups_per_chunk;
} Normalization;

static ptrdiff_t first_plane(const Normalization *w, ptrdiff_t group) {
  return w->s.groups == 0 ? group : group * w->planes;
}

#define KERNELS(T, suffix)                                                                                           \
  CLONES static double sum_##suffix(const T *x, ptrdiff_t n) {                                                       \
    double total = 0;                                                                                                \
    for (ptrdiff_t from = 0; from < n; from += BLOCK) {                                                              \
      _Pragma("clang fp reassociate(on)") T sum = 0;                                                                 \
      ptrdiff_t count = n - from < BLOCK ? n - from : BLOCK;                                                         \
      for (ptrdiff_t i = 0; i < count; i++) sum += x[from + i];                                                      \
      total += (double)sum;                                                                                          \
    }                                                                                                                \
    return total;                                                                                                    \
  }                                                                                                                  \
  CLONES static double squares_##suffix(const T *x, ptrdiff_t n, T mean) {                                           \
    double total = 0;                                                                                                \
    for (ptrdiff_t from = 0; from < n; from += BLOCK) {                                                              \
      _Pragma("clang fp reassociate(on)") T sum = 0;                                                                 \
      ptrdiff_t count = n - from < BLOCK ? n - from : BLOCK;                                                         \
      for (ptrdiff_t i = 0; i < count; i++) sum += (x[from + i] - mean) * (x[from + i] - mean);                      \
      total += (double)sum;                                                                                          \
    }                                                                                                                \
    return total;                                                                                                    \
  }                                                                                                                  \
  CLONES static double products_##suffix(const T *g, const T *x, ptrdiff_t n, T mean) {                              \
    double total = 0;                                                                                                \
    for (ptrdiff_t from = 0; from < n; from += BLOCK) {                                                              \
      _Pragma("clang fp reassociate(on)") T sum = 0;                                                                 \
      ptrdiff_t count = n - from < BLOCK ? n - from : BLOCK;                                                         \
      for (ptrdiff_t i = 0; i < count; i++) sum += g[from + i] * (x[from + i] - mean);                               \
      total += (double)sum;                                                                                          \
    }                                                                                                                \
    return total;                                                                                                    \
  }                                                                                                                  \
  CLONES static void affine_##suffix(const T *restrict x, ptrdiff_t n, T mean, T scale, T shift, T *restrict out) {  \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = (x[i] - mean) * scale + shift;                                        \
  }                                                                                                                  \
  CLONES static void vjp_##suffix(const T *restrict g, const T *restrict x, ptrdiff_t n, T mean, T scale, T along,   \
                                  T level, T *restrict out) {                                                        \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = g[i] * scale - (x[i] - mean) * along - level;                         \
  }                                                                                                                  \
  static void moments_##suffix(const Normalization *w, ptrdiff_t group, double *mean, double *variance) {            \
    const T *x = (const T *)w->x + first_plane(w, group) * w->s.plane;                                               \
    ptrdiff_t step = w->stride * w->s.plane;                                                                         \
    double count = (double)(w->planes * w->s.plane), total = 0;                                                      \
    for (ptrdiff_t p = 0; p < w->planes; p++) total += sum_##suffix(x + p * step, w->s.plane);                       \
    *mean = total / count;                                                                                           \
    double squares = 0;                                                                                              \
    for (ptrdiff_t p = 0; p < w->planes; p++) squares += squares_##suffix(x + p * step, w->s.plane, (T)*mean);       \
    *variance = squares / count;                                                                                     \
  }                                                                                                                  \
  static void forward_##suffix(const Normalization *w, ptrdiff_t group) {                                            \
    double mean, variance;                                                                                           \
    moments_##suffix(w, group, &mean, &variance);                                                                    \
    double scale = 1 / sqrt(variance + w->epsilon);                                                                  \
    for (ptrdiff_t p = 0; p < w->planes; p++) {                                                                      \
      ptrdiff_t plane = first_plane(w, group) + p * w->stride, channel = plane % w->s.channels;                      \
      affine_##suffix((const T *)w->x + plane * w->s.plane, w->s.plane, (T)mean,                                     \
                      (T)(scale * (double)((const T *)w->weight)[channel]), ((const T *)w->bias)[channel],           \
                      (T *)w->out + plane * w->s.plane);                                                             \
    }                                                                                                                \
  }                                                                                                                  \
  static void backward_##suffix(const Normalization *w, ptrdiff_t group) {                                           \
    double mean, variance, level = 0, along = 0, count = (double)(w->planes * w->s.plane);                           \
    moments_##suffix(w, group, &mean, &variance);                                                                    \
    double scale = 1 / sqrt(variance + w->epsilon);                                                                  \
    for (ptrdiff_t p = 0; p < w->planes; p++) {                                                                      \
      ptrdiff_t plane = first_plane(w, group) + p * w->stride;                                                       \
      const T *g = (const T *)w->g + plane * w->s.plane, *x = (const T *)w->x + plane * w->s.plane;                  \
      double weight = (double)((const T *)w->weight)[plane % w->s.channels];                                         \
      double *sums = w->plane_sums + 2 * plane;                                                                      \
      sums[0] = products_##suffix(g, x, w->s.plane, (T)mean) * scale;                                                \
      sums[1] = sum_##suffix(g, w->s.plane);                                                                         \
      along += weight * sums[0];                                                                                     \
      level += weight * sums[1];                                                                                     \
    }                                                                                                                \
    for (ptrdiff_t p = 0; p < w->planes; p++) {                                                                      \
      ptrdiff_t plane = first_plane(w, group) + p * w->stride, at = plane * w->s.plane;                              \
      double weight = (double)((const T *)w->weight)[plane % w->s.channels];                                         \
      vjp_##suffix((const T *)w->g + at, (const T *)w->x + at, w->s.plane, (T)mean, (T)(scale * weight),             \
                   (T)(scale * scale * along / count), (T)(scale * level / count), (T *)w->out + at);                \
    }                                                                                                                \
  }                                                                                                                  \
  static void statistics_##suffix(const Normalization *w, ptrdiff_t group) {                                         \
    double mean, variance;                                                                                           \
    moments_##suffix(w, group, &mean, &variance);                                                                    \
    ((T *)w->out)[group] = (T)mean;                                                                                  \
    ((T *)w->out)[w->groups + group] = (T)variance;                                                                  \
  }                                                                                                                  \
  static void channel_sums_##suffix(const Normalization *w) {                                                        \
    for (ptrdiff_t which = 0; which < 2; which++)                                                                    \
      for (ptrdiff_t c = 0; c < w->s.channels; c++) {                                                                \
        double total = 0;                                                                                            \
        for (ptrdiff_t n = 0; n < w->s.batch; n++) total += w->plane_sums[2 * (n * w->s.channels + c) + which];      \
        ((T *)w->sums)[which * w->s.channels + c] = (T)total;                                                        \
      }                                                                                                              \
  }

KERNELS(float, f32)
KERNELS(double, f64)

#define CHUNK(name)                                                                              \
  static void name##_chunk(void *context, ptrdiff_t chunk) {                                     \
    const Normalization *w = context;                                                            \
    ptrdiff_t first = chunk * w->groups_per_chunk, last = first + w->groups_per_chunk;           \
    if (last > w->groups) last = w->groups;                                                      \
    for (ptrdiff_t group = first; group < last; group++) {                                       \
      if (w->type == FaaF32)                                                                     \
        name##_f32(w, group);                                                                    \
      else                                                                                       \
        name##_f64(w, group);                                                                    \
    }                                                                                            \
  }

CHUNK(forward)
CHUNK(backward)
CHUNK(statistics)

static void run(Normalization *w, void (*body)(void *, ptrdiff_t)) {
  bool batch = w->s.groups == 0;
  w->groups = batch ? w->s.channels : w->s.batch * w->s.groups;
  w->planes = batch ? w->s.batch : w->s.channels / w->s.groups;
  w->stride = batch ? w->s.channels : 1;
  if (w->s.batch * w->s.channels * w->s.plane == 0) return;
  w->groups_per_chunk = CHEAP_GRAIN / (w->planes * w->s.plane) + 1;
  faa_parallel((w->groups + w->groups_per_chunk - 1) / w->groups_per_chunk, body, w);
}

int faa_plane_normalize(FaaType type, FaaNormalization shape, double epsilon, const void *x, const void *weight,
                        const void *bias, void *out) {
  Normalization w = {.type = type, .s = shape, .epsilon = epsilon, .x = x, .weight = weight, .bias = bias, .out = out};
  run(&w, forward_chunk);
  return 0;
}

int faa_plane_normalize_vjp(FaaType type, FaaNormalization shape, double epsilon, const void *g, const void *x,
                            const void *weight, void *dx, void *sums) {
  size_t bytes = (size_t)(shape.batch * shape.channels) * 2 * sizeof(double);
  Normalization w = {.type = type, .s = shape, .epsilon = epsilon, .x = x, .g = g, .weight = weight, .out = dx,
                     .sums = sums, .plane_sums = faa_allocate(bytes)};
  if (!w.plane_sums) return 1;
  for (ptrdiff_t i = 0; i < shape.batch * shape.channels * 2; i++) w.plane_sums[i] = 0;
  run(&w, backward_chunk);
  if (type == FaaF32)
    channel_sums_f32(&w);
  else
    channel_sums_f64(&w);
  faa_release(w.plane_sums, bytes);
  return 0;
}

int faa_plane_statistics(FaaType type, FaaNormalization shape, const void *x, void *out) {
  Normalization w = {.type = type, .s = shape, .x = x, .out = out};
  run(&w, statistics_chunk);
  return 0;
}
