// Separable linear maps of planes (average pooling, resizing) and bilinear sampling at free positions.
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t planes, height, width, planes_per_chunk;
  FaaRuns a, b;
  const char *x;
  char *out;
  bool pairs;  // every row of b has one or two weights, as in resizing
  atomic_int fault;
} Resample;

#define SEPARABLE(T, suffix)                                                                                         \
  CLONES static void weigh_row_##suffix(const T *restrict row, T weight, ptrdiff_t width, T *restrict sum) {         \
    for (ptrdiff_t x = 0; x < width; x++) sum[x] += weight * row[x];                                                 \
  }                                                                                                                  \
  static void resample_plane_##suffix(const Resample *r, const T *x, T *out, T *sum, const T *weights) {             \
    for (ptrdiff_t i = 0; i < r->a.rows; i++) {                                                                      \
      memset(sum, 0, (size_t)r->width * sizeof(T));                                                                  \
      for (int32_t k = 0; k < r->a.size[i]; k++)                                                                     \
        weigh_row_##suffix(x + (r->a.first[i] + k) * r->width, (T)r->a.weights[r->a.start[i] + k], r->width, sum);   \
      if (r->pairs) {                                                                                                \
        for (ptrdiff_t j = 0; j < r->b.rows; j++) {                                                                  \
          const T *from = sum + r->b.first[j], *weight = weights + r->b.start[j];                                    \
          T total = weight[0] * from[0];                                                                             \
          if (r->b.size[j] == 2) total += weight[1] * from[1];                                                       \
          out[j] = total;                                                                                            \
        }                                                                                                            \
        out += r->b.rows;                                                                                            \
        continue;                                                                                                    \
      }                                                                                                              \
      for (ptrdiff_t j = 0; j < r->b.rows; j++, out++) {                                                             \
        const T *from = sum + r->b.first[j], *weight = weights + r->b.start[j];                                      \
        T total = 0;                                                                                                 \
        for (int32_t k = 0; k < r->b.size[j]; k++) total += weight[k] * from[k];                                     \
        *out = total;                                                                                                \
      }                                                                                                              \
    }                                                                                                                \
  }                                                                                                                  \
  static void resample_##suffix(Resample *r, ptrdiff_t first, ptrdiff_t last) {                                      \
    size_t bytes = (size_t)(r->width + r->b.weight_count) * sizeof(T);                                               \
    T *sum = faa_allocate(bytes);                                                                                    \
    if (!sum) return atomic_store(&r->fault, 1);                                                                     \
    T *weights = sum + r->width;                                                                                     \
    for (ptrdiff_t k = 0; k < r->b.weight_count; k++) weights[k] = (T)r->b.weights[k];                               \
    for (ptrdiff_t p = first; p < last; p++)                                                                         \
      resample_plane_##suffix(r, (const T *)r->x + p * r->height * r->width,                                         \
                              (T *)r->out + p * r->a.rows * r->b.rows, sum, weights);                                \
    faa_release(sum, bytes);                                                                                         \
  }

SEPARABLE(float, f32)
SEPARABLE(double, f64)

static void resample_chunk(void *context, ptrdiff_t chunk) {
  Resample *r = context;
  ptrdiff_t first = chunk * r->planes_per_chunk, last = first + r->planes_per_chunk;
  if (last > r->planes) last = r->planes;
  if (r->type == FaaF32)
    resample_f32(r, first, last);
  else
    resample_f64(r, first, last);
}

int faa_resample(FaaType type, ptrdiff_t planes, ptrdiff_t height, ptrdiff_t width, FaaRuns a, FaaRuns b, const void *x,
                 void *out) {
  Resample r = {.type = type, .planes = planes, .height = height, .width = width, .a = a, .b = b, .x = x, .out = out};
  atomic_init(&r.fault, 0);
  r.pairs = true;
  for (ptrdiff_t j = 0; j < b.rows; j++) r.pairs = r.pairs && (b.size[j] == 1 || b.size[j] == 2);
  r.planes_per_chunk = DEAR_GRAIN / (height * width + a.rows * b.rows + 1) + 1;
  faa_parallel((planes + r.planes_per_chunk - 1) / r.planes_per_chunk, resample_chunk, &r);
  return atomic_load(&r.fault);
}

// ---- Sampling at free positions ---------------------------------------------------------------------------

typedef struct {
  FaaType type;
  ptrdiff_t batch, channels, height, width, count, points_per_chunk, chunks_per_image;
  bool align_corners, border;
  const void *x, *grid;
  void *out;
} Sampling;

#define POINTS 2048

#define SAMPLE(T, suffix, FLOOR)                                                                                     \
  static T pixel_##suffix(T coordinate, ptrdiff_t extent, const Sampling *s) {                                       \
    T last = (T)(extent - 1);                                                                                        \
    T at = s->align_corners ? (coordinate + 1) / 2 * last : ((coordinate + 1) * (T)extent - 1) / 2;                  \
    if (!s->border) return at;                                                                                       \
    return at < 0 ? 0 : at > last ? last : at;                                                                       \
  }                                                                                                                  \
  static void sample_##suffix(const Sampling *s, ptrdiff_t image, ptrdiff_t first, ptrdiff_t last) {                 \
    ptrdiff_t plane = s->height * s->width;                                                                          \
    const T *x = (const T *)s->x + image * s->channels * plane;                                                      \
    T *out = (T *)s->out + image * s->channels * s->count;                                                           \
    for (ptrdiff_t j = first; j < last; j++) {                                                                       \
      const T *point = (const T *)s->grid + (image * s->count + j) * 2;                                              \
      T column = pixel_##suffix(point[0], s->width, s), row = pixel_##suffix(point[1], s->height, s);                \
      /* So far outside that no pixel counts: 0, without converting it to an integer. What is nowhere is NaN. */     \
      bool counts = row > -1 && row < (T)s->height && column > -1 && column < (T)s->width;                           \
      ptrdiff_t y = counts ? (ptrdiff_t)FLOOR(row) : -2, l = counts ? (ptrdiff_t)FLOOR(column) : -2;                 \
      T start = row != row || column != column ? (T)NAN : 0;                                                         \
      T down = row - (T)y, right = column - (T)l;                                                                    \
      T weights[4] = {(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right};               \
      ptrdiff_t places[4];                                                                                           \
      for (int k = 0; k < 4; k++) {                                                                                  \
        ptrdiff_t r = y + k / 2, c = l + k % 2;                                                                      \
        places[k] = r >= 0 && r < s->height && c >= 0 && c < s->width ? r * s->width + c : -1;                       \
      }                                                                                                              \
      for (ptrdiff_t c = 0; c < s->channels; c++) {                                                                  \
        T sum = start;                                                                                               \
        for (int k = 0; k < 4; k++)                                                                                  \
          if (places[k] >= 0) sum += weights[k] * x[c * plane + places[k]];                                          \
        out[c * s->count + j] = sum;                                                                                 \
      }                                                                                                              \
    }                                                                                                                \
  }

SAMPLE(float, f32, floorf)
SAMPLE(double, f64, floor)

static void sample_chunk(void *context, ptrdiff_t chunk) {
  const Sampling *s = context;
  ptrdiff_t image = chunk / s->chunks_per_image, first = chunk % s->chunks_per_image * POINTS;
  ptrdiff_t last = first + POINTS < s->count ? first + POINTS : s->count;
  if (s->type == FaaF32)
    sample_f32(s, image, first, last);
  else
    sample_f64(s, image, first, last);
}

void faa_grid_sample(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width,
                     ptrdiff_t count, bool align_corners, bool border, const void *x, const void *grid, void *out) {
  Sampling s = {type,          batch,  channels, height, width, count, POINTS, (count + POINTS - 1) / POINTS,
                align_corners, border, x,        grid,   out};
  faa_parallel(batch * s.chunks_per_image, sample_chunk, &s);
}
