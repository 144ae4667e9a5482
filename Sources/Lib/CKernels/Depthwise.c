// Depthwise convolution: one small kernel a plane, bound by memory. Each plane is copied once into a padded scratch plane that stays in
// the first-level cache; there every tap is a shifted row, so that all loops run over whole vectors.
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

#define ROWS 4   // output rows computed together
#define LANES 8  // elements of a vector; rows are padded to whole vectors

typedef struct {
  FaaConvolution s;
  const void *a, *b, *bias;
  void *out;
  ptrdiff_t planes_per_chunk;
  atomic_int fault;
} Depthwise;

/// A scratch plane. Column c of a padded row is kept at [c % phases][c / phases], so that the columns that one tap reads with a
/// stride of `phases` are adjacent.
typedef struct {
  ptrdiff_t rows, columns;           // of the padded plane
  ptrdiff_t phases, phase_length;    // phase_length: elements of a phase, whole vectors and one to spare
  ptrdiff_t row_length;
} Canvas;

static ptrdiff_t whole(ptrdiff_t n, ptrdiff_t step) { return (n + step - 1) / step * step; }

static Canvas canvas(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t phases) {
  ptrdiff_t length = whole((columns + phases - 1) / phases, LANES) + LANES;
  return (Canvas){rows, columns, phases, length, phases * length};
}

/// The positions of the taps relative to the first, in kernel order.
static void tap_offsets(const Canvas *c, ptrdiff_t kernel_height, ptrdiff_t kernel_width, ptrdiff_t dilation_rows,
                        ptrdiff_t dilation_columns, ptrdiff_t *offsets) {
  for (ptrdiff_t i = 0; i < kernel_height; i++)
    for (ptrdiff_t j = 0; j < kernel_width; j++) {
      ptrdiff_t column = j * dilation_columns;
      *offsets++ = i * dilation_rows * c->row_length + column % c->phases * c->phase_length + column / c->phases;
    }
}

#define KERNELS(T, suffix, WIDE)                                                                                     \
  typedef T WIDE __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T))));                                \
  /* Writes a plane into the canvas, `step` apart, from (top, left), which may lie outside. */                       \
  CLONES static void paint_##suffix(const Canvas *c, const T *plane, ptrdiff_t height, ptrdiff_t width,              \
                                    ptrdiff_t step_rows, ptrdiff_t step_columns, ptrdiff_t top, ptrdiff_t left,      \
                                    T *to) {                                                                         \
    for (ptrdiff_t y = 0; y < height; y++) {                                                                         \
      ptrdiff_t row = y * step_rows + top;                                                                           \
      if (row < 0 || row >= c->rows) continue;                                                                       \
      const T *from = plane + y * width;                                                                             \
      T *line = to + row * c->row_length;                                                                            \
      ptrdiff_t first = left < 0 ? (-left + step_columns - 1) / step_columns : 0;                                    \
      ptrdiff_t room = c->columns - left, last = room <= 0 ? 0 : (room + step_columns - 1) / step_columns;           \
      if (last > width) last = width;                                                                                \
      if (c->phases == 1 && step_columns == 1) {                                                                     \
        if (last > first) memcpy(line + left + first, from + first, (size_t)(last - first) * sizeof(T));             \
      } else if (c->phases == 1) {                                                                                   \
        if (step_columns == 2) /* a constant step makes whole vectors */                                             \
          for (ptrdiff_t x = first; x < last; x++) line[left + x * 2] = from[x];                                     \
        else                                                                                                         \
          for (ptrdiff_t x = first; x < last; x++) line[left + x * step_columns] = from[x];                          \
      } else if (c->phases == 2 && step_columns == 1) {                                                              \
        /* Every other element to either half, whole vectors at a time. */                                           \
        ptrdiff_t at = left + first, n = last - first, k = 0;                                                        \
        const T *source = from + first;                                                                              \
        T *half0 = line + at % 2 * c->phase_length + at / 2, *half1 = line + (1 - at % 2) * c->phase_length + (at + 1) / 2;\
        while (k + 2 * LANES <= n) {                                                                                 \
          WIDE u = *(const WIDE *)(source + k), v = *(const WIDE *)(source + k + LANES);                             \
          *(WIDE *)(half0 + k / 2) = __builtin_shufflevector(u, v, 0, 2, 4, 6, 8, 10, 12, 14);                       \
          *(WIDE *)(half1 + k / 2) = __builtin_shufflevector(u, v, 1, 3, 5, 7, 9, 11, 13, 15);                       \
          k += 2 * LANES;                                                                                            \
          /* What is left over is done again with its predecessors. */                                               \
          if (k < n && k + 2 * LANES > n && n % 2 == 0) k = n - 2 * LANES;                                           \
        }                                                                                                            \
        for (; k < n; k++) (k % 2 ? half1 : half0)[k / 2] = source[k];                                               \
      } else {                                                                                                       \
        for (ptrdiff_t phase = 0; phase < c->phases; phase++) {                                                      \
          ptrdiff_t skip = ((phase - left - first) % c->phases + c->phases) % c->phases;                             \
          T *lane = line + phase * c->phase_length + (left + first + skip) / c->phases;                              \
          ptrdiff_t count = last - first - skip;                                                                     \
          const T *source = from + first + skip;                                                                     \
          ptrdiff_t taken = count > 0 ? (count + c->phases - 1) / c->phases : 0;                                     \
          for (ptrdiff_t k = 0; k < taken; k++) lane[k] = source[k * c->phases];                                     \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
  }                                                                                                                  \
  /* out[y, x] = start + sum over taps of weight * canvas at (y * stride, x) + tap. */                               \
  CLONES static void correlate_##suffix(const Canvas *c, const T *from, ptrdiff_t stride, const ptrdiff_t *offsets,  \
                                        const T *weights, ptrdiff_t taps, T start, T *out, ptrdiff_t height,         \
                                        ptrdiff_t width) {                                                           \
    ptrdiff_t step = stride * c->row_length;                                                                         \
    for (ptrdiff_t y = 0; y < height; y += ROWS)                                                                     \
      for (ptrdiff_t x = 0; x < width; x += LANES) {                                                                 \
        WIDE sum0 = (WIDE){0} + start, sum1 = sum0, sum2 = sum0, sum3 = sum0;                                        \
        const T *base = from + y * step + x;                                                                         \
        for (ptrdiff_t t = 0; t < taps; t++) {                                                                       \
          const T *at = base + offsets[t];                                                                           \
          T weight = weights[t];                                                                                     \
          sum0 += weight * *(const WIDE *)at;                                                                        \
          sum1 += weight * *(const WIDE *)(at + step);                                                               \
          sum2 += weight * *(const WIDE *)(at + 2 * step);                                                           \
          sum3 += weight * *(const WIDE *)(at + 3 * step);                                                           \
        }                                                                                                            \
        WIDE sums[ROWS] = {sum0, sum1, sum2, sum3};                                                                  \
        ptrdiff_t lines = height - y < ROWS ? height - y : ROWS, columns = width - x;                                \
        for (ptrdiff_t r = 0; r < lines; r++) {                                                                      \
          if (columns >= LANES)                                                                                      \
            *(WIDE *)(out + (y + r) * width + x) = sums[r];                                                          \
          else                                                                                                       \
            memcpy(out + (y + r) * width + x, &sums[r], (size_t)columns * sizeof(T));                                \
        }                                                                                                            \
      }                                                                                                              \
  }                                                                                                                  \
  /* Adds to sums[t], for `count` taps, the products of g (rows of `length`) with the canvas shifted by the tap. */  \
  __attribute__((always_inline)) static inline void products_##suffix(                                               \
      const int count, const Canvas *c, const T *from, ptrdiff_t stride, const ptrdiff_t *offsets, const T *g,       \
      ptrdiff_t height, ptrdiff_t length, double *sums) {                                                            \
    WIDE lanes[9];                                                                                                   \
    for (int t = 0; t < count; t++) lanes[t] = (WIDE){0};                                                            \
    for (ptrdiff_t y = 0; y < height; y++)                                                                           \
      for (ptrdiff_t x = 0; x < length; x += LANES) {                                                                \
        WIDE value = *(const WIDE *)(g + y * length + x);                                                            \
        const T *at = from + y * stride * c->row_length + x;                                                         \
        for (int t = 0; t < count; t++) lanes[t] += value * *(const WIDE *)(at + offsets[t]);                        \
      }                                                                                                              \
    for (int t = 0; t < count; t++)                                                                                  \
      for (int l = 0; l < LANES; l++) sums[t] += (double)lanes[t][l];                                                \
  }                                                                                                                  \
  CLONES static void tap_products_##suffix(const Canvas *c, const T *from, ptrdiff_t stride,                         \
                                           const ptrdiff_t *offsets, ptrdiff_t taps, const T *g, ptrdiff_t height,   \
                                           ptrdiff_t length, double *sums) {                                         \
    ptrdiff_t t = 0;                                                                                                 \
    for (; t + 9 <= taps; t += 9) products_##suffix(9, c, from, stride, offsets + t, g, height, length, sums + t);   \
    for (; t + 5 <= taps; t += 5) products_##suffix(5, c, from, stride, offsets + t, g, height, length, sums + t);   \
    for (; t + 2 <= taps; t += 2) products_##suffix(2, c, from, stride, offsets + t, g, height, length, sums + t);   \
    for (; t < taps; t++) products_##suffix(1, c, from, stride, offsets + t, g, height, length, sums + t);           \
  }                                                                                                                  \
  static void forward_##suffix(void *context, ptrdiff_t chunk) {                                                     \
    Depthwise *d = context;                                                                                          \
    const FaaConvolution *s = &d->s;                                                                                 \
    ptrdiff_t taps = s->kernel_height * s->kernel_width, reach = (s->kernel_height - 1) * s->dilation_rows;          \
    Canvas c = canvas((whole(s->out_height, ROWS) - 1) * s->stride_rows + reach + 1,                                 \
                      (s->out_width - 1) * s->stride_columns + (s->kernel_width - 1) * s->dilation_columns + 1,      \
                      s->stride_columns);                                                                            \
    size_t plane = (size_t)((c.rows + 1) * c.row_length) * sizeof(T), bytes = plane + (size_t)taps * 8;              \
    T *scratch = faa_allocate(bytes);                                                                                \
    if (!scratch) return atomic_store(&d->fault, 1);                                                                 \
    ptrdiff_t *offsets = (ptrdiff_t *)((char *)scratch + plane);                                                     \
    memset(scratch, 0, plane);                                                                                       \
    tap_offsets(&c, s->kernel_height, s->kernel_width, s->dilation_rows, s->dilation_columns, offsets);              \
    ptrdiff_t first = chunk * d->planes_per_chunk, last = first + d->planes_per_chunk;                               \
    if (last > s->batch * s->in_channels) last = s->batch * s->in_channels;                                          \
    for (ptrdiff_t p = first; p < last; p++) {                                                                       \
      ptrdiff_t channel = p % s->in_channels;                                                                        \
      paint_##suffix(&c, (const T *)d->a + p * s->height * s->width, s->height, s->width, 1, 1, s->pad_top,          \
                     s->pad_left, scratch);                                                                          \
      correlate_##suffix(&c, scratch, s->stride_rows, offsets, (const T *)d->b + channel * taps, taps,               \
                         d->bias ? ((const T *)d->bias)[channel] : 0,                                                \
                         (T *)d->out + p * s->out_height * s->out_width, s->out_height, s->out_width);               \
    }                                                                                                                \
    faa_release(scratch, bytes);                                                                                     \
  }                                                                                                                  \
  /* The correlation of the spread-out cotangent with the kernel turned round. */                                    \
  static void input_##suffix(void *context, ptrdiff_t chunk) {                                                       \
    Depthwise *d = context;                                                                                          \
    const FaaConvolution *s = &d->s;                                                                                 \
    ptrdiff_t taps = s->kernel_height * s->kernel_width;                                                             \
    ptrdiff_t reach_rows = (s->kernel_height - 1) * s->dilation_rows;                                                \
    ptrdiff_t reach_columns = (s->kernel_width - 1) * s->dilation_columns;                                           \
    Canvas c = canvas(whole(s->height, ROWS) + reach_rows, s->width + reach_columns, 1);                             \
    size_t plane = (size_t)((c.rows + 1) * c.row_length) * sizeof(T), bytes = plane + (size_t)taps * 16;             \
    T *scratch = faa_allocate(bytes);                                                                                \
    if (!scratch) return atomic_store(&d->fault, 1);                                                                 \
    ptrdiff_t *offsets = (ptrdiff_t *)((char *)scratch + plane);                                                     \
    T *turned = (T *)(offsets + taps);                                                                               \
    memset(scratch, 0, plane);                                                                                       \
    tap_offsets(&c, s->kernel_height, s->kernel_width, s->dilation_rows, s->dilation_columns, offsets);              \
    ptrdiff_t first = chunk * d->planes_per_chunk, last = first + d->planes_per_chunk;                               \
    if (last > s->batch * s->in_channels) last = s->batch * s->in_channels;                                          \
    for (ptrdiff_t p = first; p < last; p++) {                                                                       \
      const T *weights = (const T *)d->b + p % s->in_channels * taps;                                                \
      for (ptrdiff_t t = 0; t < taps; t++) turned[t] = weights[taps - 1 - t];                                        \
      paint_##suffix(&c, (const T *)d->a + p * s->out_height * s->out_width, s->out_height, s->out_width,            \
                     s->stride_rows, s->stride_columns, reach_rows - s->pad_top, reach_columns - s->pad_left,        \
                     scratch);                                                                                       \
      correlate_##suffix(&c, scratch, 1, offsets, turned, taps, 0, (T *)d->out + p * s->height * s->width,           \
                         s->height, s->width);                                                                       \
    }                                                                                                                \
    faa_release(scratch, bytes);                                                                                     \
  }                                                                                                                  \
  /* One channel of all images. */                                                                                   \
  static void weights_##suffix(void *context, ptrdiff_t channel) {                                                   \
    Depthwise *d = context;                                                                                          \
    const FaaConvolution *s = &d->s;                                                                                 \
    ptrdiff_t taps = s->kernel_height * s->kernel_width, reach = (s->kernel_height - 1) * s->dilation_rows;          \
    Canvas c = canvas((s->out_height - 1) * s->stride_rows + reach + 1,                                              \
                      (s->out_width - 1) * s->stride_columns + (s->kernel_width - 1) * s->dilation_columns + 1,      \
                      s->stride_columns);                                                                            \
    Canvas cotangent = canvas(s->out_height, s->out_width, 1);                                                       \
    ptrdiff_t plane = (c.rows + 1) * c.row_length, other = s->out_height * cotangent.row_length;                     \
    size_t data = (size_t)(plane + other) * sizeof(T), bytes = data + (size_t)taps * 16;                             \
    T *scratch = faa_allocate(bytes);                                                                                \
    if (!scratch) return atomic_store(&d->fault, 1);                                                                 \
    ptrdiff_t *offsets = (ptrdiff_t *)((char *)scratch + data);                                                      \
    double *sums = (double *)(offsets + taps);                                                                       \
    memset(scratch, 0, data);                                                                                        \
    memset(sums, 0, (size_t)taps * sizeof(double));                                                                  \
    tap_offsets(&c, s->kernel_height, s->kernel_width, s->dilation_rows, s->dilation_columns, offsets);              \
    for (ptrdiff_t n = 0; n < s->batch; n++) {                                                                       \
      ptrdiff_t p = n * s->in_channels + channel;                                                                    \
      paint_##suffix(&c, (const T *)d->b + p * s->height * s->width, s->height, s->width, 1, 1, s->pad_top,          \
                     s->pad_left, scratch);                                                                          \
      paint_##suffix(&cotangent, (const T *)d->a + p * s->out_height * s->out_width, s->out_height, s->out_width, 1, \
                     1, 0, 0, scratch + plane);                                                                      \
      tap_products_##suffix(&c, scratch, s->stride_rows, offsets, taps, scratch + plane, s->out_height,              \
                            cotangent.row_length, sums);                                                             \
    }                                                                                                                \
    for (ptrdiff_t t = 0; t < taps; t++) ((T *)d->out)[channel * taps + t] = (T)sums[t];                             \
    faa_release(scratch, bytes);                                                                                     \
  }

KERNELS(float, f32, WideFloat)
KERNELS(double, f64, WideDouble)

int faa_depthwise(FaaConvolutionMap map, FaaType type, const FaaConvolution *s, const void *a, const void *b,
                  const void *bias, void *out) {
  Depthwise d = {.s = *s, .a = a, .b = b, .bias = bias, .out = out};
  atomic_init(&d.fault, 0);
  ptrdiff_t planes = s->batch * s->in_channels;
  ptrdiff_t larger = s->height * s->width > s->out_height * s->out_width ? s->height * s->width
                                                                         : s->out_height * s->out_width;
  d.planes_per_chunk = CHEAP_GRAIN / (larger + 1) + 1;
  ptrdiff_t chunks = (planes + d.planes_per_chunk - 1) / d.planes_per_chunk;
  bool single = type == FaaF32;
  switch (map) {
    case FaaForward: faa_parallel(chunks, single ? forward_f32 : forward_f64, &d); break;
    case FaaInputGradient: faa_parallel(chunks, single ? input_f32 : input_f64, &d); break;
    case FaaWeightGradient: faa_parallel(s->in_channels, single ? weights_f32 : weights_f64, &d); break;
  }
  return atomic_load(&d.fault);
}
