// Depthwise convolution in f32 with eight channels a vector: any stride, dilation and plane at the same speed for a multiply. A block of
// eight planes is turned into cells with zeros around them; there every tap is a shift, and one loop serves all three maps.
#include <stdatomic.h>
#include <string.h>

#include "Lanes.h"

#define POINTS 8  // results summed together, to hide the latency of a multiply-add
#define BAND 256  // results, in whole rows, that are written together: their cells stay in the first-level cache
#define GROUP 9   // taps of the weight gradient summed together

typedef struct {
  FaaConvolution s;
  const float *a, *b, *bias;
  float *out;
  ptrdiff_t blocks_per_chunk;
  atomic_int fault;
} Depthwise;

/// Cells of a padded image.
typedef struct {
  Lanes *cells;
  ptrdiff_t rows, columns, top, left;  // top, left: where the image begins; it may end before or after the cells do
} Field;

/// Results on a grid: row y and column x is summed around cell y * row + x * column, and written to y * out_row + x * out_column.
typedef struct {
  ptrdiff_t rows, columns;
  ptrdiff_t row, column, out_row, out_column;
} Grid;

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t floor_divided(ptrdiff_t a, ptrdiff_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// Paints eight planes into a field that is zero already where no image lies.
INLINE void paint(const Field *f, const float *planes, ptrdiff_t height, ptrdiff_t width) {
  ptrdiff_t columns = least(width, f->columns - f->left), rows = least(height, f->rows - f->top);
  if (columns <= 0 || rows <= 0) return;
  Lanes *inside = f->cells + f->top * f->columns + f->left;
  if (columns == width) return spread(planes, height * width, width, rows * width, f->columns - width, inside);
  for (ptrdiff_t y = 0; y < rows; y++)
    spread(planes + y * width, height * width, columns, columns, 0, inside + y * f->columns);
}

/// `count` results at once.
INLINE void sum_points(const int count, const Lanes *const *from, Lanes *const *to, const ptrdiff_t *offsets,
                       const Lanes *weights, ptrdiff_t taps, const Lanes *start) {
  Lanes sums[POINTS];
  for (int p = 0; p < count; p++) sums[p] = *start;
  for (ptrdiff_t t = 0; t < taps; t++)
    for (int p = 0; p < count; p++) sums[p] += weights[t] * from[p][offsets[t]];
  for (int p = 0; p < count; p++) *to[p] = sums[p];
}

INLINE void correlate(const Grid *g, const Lanes *cells, const ptrdiff_t *offsets, const Lanes *weights, ptrdiff_t taps,
                      const Lanes *start, Lanes *out) {
  const Lanes *from[POINTS];
  Lanes *to[POINTS];
  if (g->columns >= POINTS) {
    for (ptrdiff_t y = 0; y < g->rows; y++, cells += g->row, out += g->out_row)
      for (ptrdiff_t x = 0; x < g->columns; x += POINTS) {
        ptrdiff_t first = least(x, g->columns - POINTS);  // some results of the last group are summed again
        for (int p = 0; p < POINTS; p++) {
          from[p] = cells + (first + p) * g->column;
          to[p] = out + (first + p) * g->out_column;
        }
        sum_points(POINTS, from, to, offsets, weights, taps, start);
      }
    return;
  }
  int count = 0;
  for (ptrdiff_t y = 0; y < g->rows; y++)
    for (ptrdiff_t x = 0; x < g->columns; x++) {
      from[count] = cells + y * g->row + x * g->column;
      to[count] = out + y * g->out_row + x * g->out_column;
      if (++count < POINTS) continue;
      sum_points(POINTS, from, to, offsets, weights, taps, start);
      count = 0;
    }
  int done = count >= POINTS / 2 ? POINTS / 2 : 0;
  if (done) sum_points(POINTS / 2, from, to, offsets, weights, taps, start);
  for (; done < count; done++) sum_points(1, from + done, to + done, offsets, weights, taps, start);
}

/// How many rows of a result make a band, a multiple of `step`.
static ptrdiff_t band_rows(ptrdiff_t height, ptrdiff_t width, ptrdiff_t step) {
  ptrdiff_t steps = BAND / (width * step);
  return least(height, (steps ? steps : 1) * step);
}

/// The weights of a block of channels, tap by tap.
INLINE void load_weights(const FaaConvolution *s, const float *w, ptrdiff_t block, Lanes *weights) {
  ptrdiff_t taps = s->kernel_height * s->kernel_width;
  spread(w + block * BLOCK * taps, taps, taps, taps, 0, weights);
}

/// The image's field, with the reach of the kernel around it.
static Field image_field(const FaaConvolution *s) {
  return (Field){.rows = (s->out_height - 1) * s->stride_rows + (s->kernel_height - 1) * s->dilation_rows + 1,
                 .columns = (s->out_width - 1) * s->stride_columns + (s->kernel_width - 1) * s->dilation_columns + 1,
                 .top = s->pad_top,
                 .left = s->pad_left};
}

static void image_offsets(const FaaConvolution *s, ptrdiff_t columns, ptrdiff_t *offsets) {
  for (ptrdiff_t i = 0; i < s->kernel_height; i++)
    for (ptrdiff_t j = 0; j < s->kernel_width; j++)
      *offsets++ = i * s->dilation_rows * columns + j * s->dilation_columns;
}

/// Scratch of a chunk: the cells of a cleared field, `others` for an image, cells for `weights`, and an offset for each tap.
typedef struct {
  char *place;
  size_t bytes;
  Lanes *others, *weights;
  ptrdiff_t *offsets;
} Scratch;

static bool prepare(Depthwise *d, Field *field, ptrdiff_t others, ptrdiff_t weights, Scratch *scratch) {
  ptrdiff_t cells = field->rows * field->columns, taps = d->s.kernel_height * d->s.kernel_width;
  scratch->bytes = (size_t)(cells + others + weights + 1) * sizeof(Lanes) + (size_t)taps * sizeof(ptrdiff_t);
  if (!(scratch->place = faa_allocate(scratch->bytes))) {
    atomic_store(&d->fault, 1);
    return false;
  }
  // No cell may lie across two lines of the cache.
  field->cells = (Lanes *)(((uintptr_t)scratch->place + sizeof(Lanes) - 1) / sizeof(Lanes) * sizeof(Lanes));
  scratch->others = field->cells + cells;
  scratch->weights = scratch->others + others;
  scratch->offsets = (ptrdiff_t *)(scratch->weights + weights);
  memset(field->cells, 0, (size_t)cells * sizeof(Lanes));
  return true;
}

CLONES static void forward_chunk(void *context, ptrdiff_t chunk) {
  Depthwise *d = context;
  const FaaConvolution *s = &d->s;
  ptrdiff_t taps = s->kernel_height * s->kernel_width, blocks = s->in_channels / BLOCK;
  ptrdiff_t plane = s->height * s->width, out_plane = s->out_height * s->out_width;
  Field field = image_field(s);
  Scratch scratch;
  ptrdiff_t band = band_rows(s->out_height, s->out_width, 1);
  if (!prepare(d, &field, band * s->out_width, taps, &scratch)) return;
  image_offsets(s, field.columns, scratch.offsets);
  ptrdiff_t first = chunk * d->blocks_per_chunk, last = least(first + d->blocks_per_chunk, s->batch * blocks);
  for (ptrdiff_t b = first; b < last; b++) {
    load_weights(s, d->b, b % blocks, scratch.weights);
    Lanes start = d->bias ? *(const Lanes *)(d->bias + b % blocks * BLOCK) : (Lanes){0};
    paint(&field, d->a + b * BLOCK * plane, s->height, s->width);
    for (ptrdiff_t y = 0; y < s->out_height; y += band) {
      ptrdiff_t rows = least(band, s->out_height - y), count = rows * s->out_width, row = s->stride_rows * field.columns;
      Grid grid = {rows, s->out_width, row, s->stride_columns, s->out_width, 1};
      correlate(&grid, field.cells + y * row, scratch.offsets, scratch.weights, taps, &start, scratch.others);
      collect(scratch.others, 0, count, count, d->out + b * BLOCK * out_plane + y * s->out_width, out_plane);
    }
  }
  faa_release(scratch.place, scratch.bytes);
}

/// Each phase of the stride has its own taps, all of them shifts of the cotangent.
CLONES static void input_chunk(void *context, ptrdiff_t chunk) {
  Depthwise *d = context;
  const FaaConvolution *s = &d->s;
  ptrdiff_t taps = s->kernel_height * s->kernel_width, blocks = s->in_channels / BLOCK;
  ptrdiff_t plane = s->height * s->width, out_plane = s->out_height * s->out_width;
  // How far before the cotangent the last taps of the first position lie.
  ptrdiff_t before_rows = -floor_divided(s->pad_top - (s->kernel_height - 1) * s->dilation_rows, s->stride_rows);
  ptrdiff_t before_columns = -floor_divided(s->pad_left - (s->kernel_width - 1) * s->dilation_columns, s->stride_columns);
  if (before_rows < 0) before_rows = 0;
  if (before_columns < 0) before_columns = 0;
  Field field = {.rows = before_rows + (s->height - 1 + s->pad_top) / s->stride_rows + 1,
                 .columns = before_columns + (s->width - 1 + s->pad_left) / s->stride_columns + 1,
                 .top = before_rows,
                 .left = before_columns};
  Scratch scratch;
  if (!prepare(d, &field, plane, 2 * taps, &scratch)) return;
  const Lanes zero = {0};
  ptrdiff_t first = chunk * d->blocks_per_chunk, last = least(first + d->blocks_per_chunk, s->batch * blocks);
  for (ptrdiff_t b = first; b < last; b++) {
    load_weights(s, d->b, b % blocks, scratch.weights);
    paint(&field, d->a + b * BLOCK * out_plane, s->out_height, s->out_width);
    for (ptrdiff_t r = 0; r < least(s->stride_rows, s->height); r++)
      for (ptrdiff_t c = 0; c < least(s->stride_columns, s->width); c++) {
        ptrdiff_t used = 0;
        for (ptrdiff_t t = 0; t < taps; t++) {
          ptrdiff_t y = r + s->pad_top - t / s->kernel_width * s->dilation_rows;
          ptrdiff_t x = c + s->pad_left - t % s->kernel_width * s->dilation_columns;
          ptrdiff_t row = floor_divided(y, s->stride_rows), column = floor_divided(x, s->stride_columns);
          if (row * s->stride_rows != y || column * s->stride_columns != x) continue;
          scratch.offsets[used] = (row + before_rows) * field.columns + column + before_columns;
          scratch.weights[taps + used++] = scratch.weights[t];
        }
        Grid grid = {.rows = (s->height - r + s->stride_rows - 1) / s->stride_rows,
                     .columns = (s->width - c + s->stride_columns - 1) / s->stride_columns,
                     .row = field.columns,
                     .column = 1,
                     .out_row = s->stride_rows * s->width,
                     .out_column = s->stride_columns};
        correlate(&grid, field.cells, scratch.offsets, scratch.weights + taps, used, &zero,
                  scratch.others + r * s->width + c);
      }
    collect(scratch.others, 0, plane, plane, d->out + b * BLOCK * plane, plane);
  }
  faa_release(scratch.place, scratch.bytes);
}

/// Adds the products of the cotangent with the field shifted by each of `count` taps.
INLINE void sum_taps(const int count, const FaaConvolution *s, const Field *field, const Lanes *g,
                     const ptrdiff_t *offsets, double *sums) {
  Lanes part[GROUP];
  for (int t = 0; t < count; t++) part[t] = (Lanes){0};
  for (ptrdiff_t y = 0; y < s->out_height; y++) {
    const Lanes *at = field->cells + y * s->stride_rows * field->columns;
    for (ptrdiff_t x = 0; x < s->out_width; x++, at += s->stride_columns) {
      Lanes value = *g++;
      for (int t = 0; t < count; t++) part[t] += value * at[offsets[t]];
    }
  }
  for (int t = 0; t < count; t++)
    for (int l = 0; l < BLOCK; l++) sums[t * BLOCK + l] += (double)part[t][l];
}

/// One block of channels of all images.
CLONES static void weights_chunk(void *context, ptrdiff_t block) {
  Depthwise *d = context;
  const FaaConvolution *s = &d->s;
  ptrdiff_t taps = s->kernel_height * s->kernel_width, channels = s->in_channels;
  ptrdiff_t plane = s->height * s->width, out_plane = s->out_height * s->out_width;
  Field field = image_field(s);
  Scratch scratch;
  if (!prepare(d, &field, out_plane, 2 * taps, &scratch)) return;  // doubles take two cells
  image_offsets(s, field.columns, scratch.offsets);
  double *sums = (double *)scratch.weights;
  memset(sums, 0, (size_t)(taps * BLOCK) * sizeof(double));
  for (ptrdiff_t n = 0; n < s->batch; n++) {
    paint(&field, d->b + (n * channels + block * BLOCK) * plane, s->height, s->width);
    spread(d->a + (n * channels + block * BLOCK) * out_plane, out_plane, out_plane, out_plane, 0, scratch.others);
    ptrdiff_t t = 0;
    for (; t + GROUP <= taps; t += GROUP)
      sum_taps(GROUP, s, &field, scratch.others, scratch.offsets + t, sums + t * BLOCK);
    for (; t + 7 <= taps; t += 7) sum_taps(7, s, &field, scratch.others, scratch.offsets + t, sums + t * BLOCK);
    for (; t < taps; t++) sum_taps(1, s, &field, scratch.others, scratch.offsets + t, sums + t * BLOCK);
  }
  for (ptrdiff_t l = 0; l < BLOCK; l++)
    for (ptrdiff_t t = 0; t < taps; t++) d->out[(block * BLOCK + l) * taps + t] = (float)sums[t * BLOCK + l];
  faa_release(scratch.place, scratch.bytes);
}

int faa_depthwise_lanes(FaaConvolutionMap map, const FaaConvolution *s, const float *a, const float *b,
                        const float *bias, float *out) {
  Depthwise d = {.s = *s, .a = a, .b = b, .bias = bias, .out = out};
  atomic_init(&d.fault, 0);
  ptrdiff_t blocks = s->batch * s->in_channels / BLOCK, plane = s->height * s->width, out_plane = s->out_height * s->out_width;
  d.blocks_per_chunk = CHEAP_GRAIN / (BLOCK * (plane > out_plane ? plane : out_plane)) + 1;
  ptrdiff_t chunks = (blocks + d.blocks_per_chunk - 1) / d.blocks_per_chunk;
  switch (map) {
    case FaaForward: faa_parallel(chunks, forward_chunk, &d); break;
    case FaaInputGradient: faa_parallel(chunks, input_chunk, &d); break;
    case FaaWeightGradient: faa_parallel(s->in_channels / BLOCK, weights_chunk, &d); break;
  }
  return atomic_load(&d.fault);
}
