// Convolution as matrix products: the patches under the kernel are unfolded, some output rows at a time so that they stay in the cache,
// and multiplied. The cut into tiles and chunks follows from the shape alone.
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"
#include "Patches.h"

#define TILE_BYTES ((ptrdiff_t)384 << 10)
#define WEIGHT_PARTS 8

typedef struct {
  FaaConvolution s;
  FaaType type;
  const char *a, *b, *bias;
  char *out;
  ptrdiff_t size;      // bytes of an element
  ptrdiff_t in_group, out_group, patch;  // channels of a group, and elements of an unfolded patch
  ptrdiff_t tile_rows, tiles;            // output rows of a tile, and tiles of an image
  ptrdiff_t parts;                       // partial sums of the weight gradient
  bool pointwise;                        // patches are the input itself
  atomic_int fault;
} Work;

static void gemm(FaaType type, bool ta, bool tb, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
                 const void *b, ptrdiff_t ldb, bool adds, void *c, ptrdiff_t ldc) {
  if (type == FaaF32)
    faa_sgemm(ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, adds, c, (int)ldc);
  else
    faa_dgemm(ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, adds, c, (int)ldc);
}

/// The output columns whose source column for one kernel column lies inside the image.
static void valid_columns(const FaaConvolution *s, ptrdiff_t shift, ptrdiff_t *first, ptrdiff_t *last) {
  ptrdiff_t step = s->stride_columns;
  *first = shift < 0 ? (-shift + step - 1) / step : 0;
  *last = s->width - shift <= 0 ? 0 : (s->width - shift + step - 1) / step;
  if (*last > s->out_width) *last = s->out_width;
  if (*first > *last) *first = *last;
}

/// Patches of output rows first ..< last of one group, as [patch, rows * out_width]; `image` is the group's first plane.
/// FOLD is the transpose: it adds the patches to the image.
#define UNFOLD(T, suffix)                                                                                            \
  CLONES static void unfold_##suffix(const FaaConvolution *s, ptrdiff_t channels, ptrdiff_t top, ptrdiff_t bottom,   \
                                     const T *image, T *patches) {                                                   \
    for (ptrdiff_t c = 0; c < channels; c++)                                                                         \
      for (ptrdiff_t i = 0; i < s->kernel_height; i++)                                                               \
        for (ptrdiff_t j = 0; j < s->kernel_width; j++) {                                                            \
          ptrdiff_t shift = j * s->dilation_columns - s->pad_left, first, last;                                      \
          valid_columns(s, shift, &first, &last);                                                                    \
          for (ptrdiff_t y = top; y < bottom; y++, patches += s->out_width) {                                        \
            ptrdiff_t row = y * s->stride_rows + i * s->dilation_rows - s->pad_top;                                  \
            if (row < 0 || row >= s->height || first == last) {                                                      \
              memset(patches, 0, (size_t)s->out_width * sizeof(T));                                                  \
              continue;                                                                                              \
            }                                                                                                        \
            const T *from = image + (c * s->height + row) * s->width + shift;                                        \
            for (ptrdiff_t x = 0; x < first; x++) patches[x] = 0;                                                    \
            if (s->stride_columns == 1)                                                                              \
              memcpy(patches + first, from + first, (size_t)(last - first) * sizeof(T));                             \
            else                                                                                                     \
              for (ptrdiff_t x = first; x < last; x++) patches[x] = from[x * s->stride_columns];                     \
            for (ptrdiff_t x = last; x < s->out_width; x++) patches[x] = 0;                                          \
          }                                                                                                          \
        }                                                                                                            \
  }                                                                                                                  \
  CLONES static void fold_##suffix(const FaaConvolution *s, ptrdiff_t channels, ptrdiff_t top, ptrdiff_t bottom,     \
                                   const T *patches, T *image) {                                                     \
    for (ptrdiff_t c = 0; c < channels; c++)                                                                         \
      for (ptrdiff_t i = 0; i < s->kernel_height; i++)                                                               \
        for (ptrdiff_t j = 0; j < s->kernel_width; j++) {                                                            \
          ptrdiff_t shift = j * s->dilation_columns - s->pad_left, first, last;                                      \
          valid_columns(s, shift, &first, &last);                                                                    \
          for (ptrdiff_t y = top; y < bottom; y++, patches += s->out_width) {                                        \
            ptrdiff_t row = y * s->stride_rows + i * s->dilation_rows - s->pad_top;                                  \
            if (row < 0 || row >= s->height) continue;                                                               \
            T *to = image + (c * s->height + row) * s->width + shift;                                                \
            if (s->stride_columns == 1)                                                                              \
              for (ptrdiff_t x = first; x < last; x++) to[x] += patches[x];                                          \
            else                                                                                                     \
              for (ptrdiff_t x = first; x < last; x++) to[x * s->stride_columns] += patches[x];                      \
          }                                                                                                          \
        }                                                                                                            \
  }                                                                                                                  \
  static void add_bias_##suffix(T *out, ptrdiff_t channels, ptrdiff_t plane, ptrdiff_t columns, const T *bias) {     \
    for (ptrdiff_t c = 0; c < channels; c++)                                                                         \
      for (ptrdiff_t x = 0; x < columns; x++) out[c * plane + x] += bias[c];                                         \
  }                                                                                                                  \
  static void sum_parts_##suffix(T *parts, ptrdiff_t count, ptrdiff_t parts_count) {                                 \
    for (ptrdiff_t p = 1; p < parts_count; p++)                                                                      \
      for (ptrdiff_t i = 0; i < count; i++) parts[i] += parts[p * count + i];                                        \
  }

UNFOLD(float, f32)
UNFOLD(double, f64)

static void unfold(const Work *w, ptrdiff_t top, ptrdiff_t bottom, const void *image, void *patches) {
  if (w->type == FaaF32)
    unfold_f32(&w->s, w->in_group, top, bottom, image, patches);
  else
    unfold_f64(&w->s, w->in_group, top, bottom, image, patches);
}

static ptrdiff_t bottom_row(const Work *w, ptrdiff_t tile) {
  ptrdiff_t bottom = (tile + 1) * w->tile_rows;
  return bottom < w->s.out_height ? bottom : w->s.out_height;
}

static const char *source_plane(const Work *w, const char *images, ptrdiff_t image, ptrdiff_t group) {
  return images + (image * w->s.in_channels + group * w->in_group) * w->s.height * w->s.width * w->size;
}

static ptrdiff_t result_offset(const Work *w, ptrdiff_t image, ptrdiff_t group, ptrdiff_t row) {
  ptrdiff_t plane = w->s.out_height * w->s.out_width;
  return ((image * w->s.out_channels + group * w->out_group) * plane + row * w->s.out_width) * w->size;
}

static size_t patch_bytes(const Work *w) {
  return w->pointwise ? 0 : (size_t)(w->patch * w->tile_rows * w->s.out_width * w->size);
}

/// Room for the patches of a tile; notes a failure.
static void *patch_room(Work *w) {
  void *room = faa_allocate(patch_bytes(w));
  if (!room) atomic_store(&w->fault, 1);
  return room;
}

/// One tile of one group of one image.
static void forward_chunk(void *context, ptrdiff_t chunk) {
  Work *w = context;
  ptrdiff_t tile = chunk % w->tiles, group = chunk / w->tiles % w->s.groups, image = chunk / w->tiles / w->s.groups;
  ptrdiff_t top = tile * w->tile_rows, bottom = bottom_row(w, tile), columns = (bottom - top) * w->s.out_width;
  ptrdiff_t plane = w->s.out_height * w->s.out_width;
  const char *source = source_plane(w, w->a, image, group);
  char *out = w->out + result_offset(w, image, group, top);
  const char *weights = w->b + group * w->out_group * w->patch * w->size;
  if (w->pointwise) {
    gemm(w->type, false, false, w->out_group, columns, w->patch, weights, w->patch,
         source + top * w->s.out_width * w->size, plane, false, out, plane);
  } else {
    void *patches = patch_room(w);
    if (!patches) return;
    unfold(w, top, bottom, source, patches);
    gemm(w->type, false, false, w->out_group, columns, w->patch, weights, w->patch, patches, columns, false,
         out, plane);
    faa_release(patches, patch_bytes(w));
  }
  if (!w->bias) return;
  const char *bias = w->bias + group * w->out_group * w->size;
  if (w->type == FaaF32)
    add_bias_f32((float *)out, w->out_group, plane, columns, (const float *)bias);
  else
    add_bias_f64((double *)out, w->out_group, plane, columns, (const double *)bias);
}

/// One group of one image: its tiles overlap in the input, so they are added one after the other.
static void input_chunk(void *context, ptrdiff_t chunk) {
  Work *w = context;
  ptrdiff_t group = chunk % w->s.groups, image = chunk / w->s.groups;
  ptrdiff_t plane = w->s.out_height * w->s.out_width;
  char *out = (char *)source_plane(w, w->out, image, group);
  const char *weights = w->b + group * w->out_group * w->patch * w->size;
  if (w->pointwise) {
    gemm(w->type, true, false, w->patch, plane, w->out_group, weights, w->patch,
         w->a + result_offset(w, image, group, 0), plane, false, out, plane);
    return;
  }
  memset(out, 0, (size_t)(w->in_group * w->s.height * w->s.width * w->size));
  void *patches = patch_room(w);
  if (!patches) return;
  for (ptrdiff_t tile = 0; tile < w->tiles; tile++) {
    ptrdiff_t top = tile * w->tile_rows, bottom = bottom_row(w, tile), columns = (bottom - top) * w->s.out_width;
    gemm(w->type, true, false, w->patch, columns, w->out_group, weights, w->patch,
         w->a + result_offset(w, image, group, top), plane, false, patches, columns);
    if (w->type == FaaF32)
      fold_f32(&w->s, w->in_group, top, bottom, patches, (float *)out);
    else
      fold_f64(&w->s, w->in_group, top, bottom, patches, (double *)out);
  }
  faa_release(patches, patch_bytes(w));
}

/// One part of the images, for one group; `out` holds a set of weights for each part.
static void weight_chunk(void *context, ptrdiff_t chunk) {
  Work *w = context;
  ptrdiff_t group = chunk % w->s.groups, part = chunk / w->s.groups;
  ptrdiff_t plane = w->s.out_height * w->s.out_width;
  ptrdiff_t first = w->s.batch * part / w->parts, last = w->s.batch * (part + 1) / w->parts;
  char *out = w->out + (part * w->s.out_channels + group * w->out_group) * w->patch * w->size;
  void *patches = patch_room(w);
  if (!patches) return;
  for (ptrdiff_t image = first; image < last; image++) {
    const char *source = source_plane(w, w->b, image, group);
    for (ptrdiff_t tile = 0; tile < w->tiles; tile++) {
      ptrdiff_t top = tile * w->tile_rows, bottom = bottom_row(w, tile), columns = (bottom - top) * w->s.out_width;
      const void *from = source + top * w->s.out_width * w->size;
      if (!w->pointwise) {
        unfold(w, top, bottom, source, patches);
        from = patches;
      }
      bool adds = image > first || tile > 0;
      gemm(w->type, false, true, w->out_group, w->patch, columns,
           w->a + result_offset(w, image, group, top), plane, from, w->pointwise ? plane : columns, adds, out, w->patch);
    }
  }
  faa_release(patches, patch_bytes(w));
}

static void weight_gradient(Work *w) {
  char *out = w->out;
  ptrdiff_t count = w->s.out_channels * w->patch;
  double work = (double)w->s.batch * (double)count * (double)(w->s.out_height * w->s.out_width);
  w->parts = work < 1e6 ? 1 : w->s.batch < WEIGHT_PARTS ? w->s.batch : WEIGHT_PARTS;
  size_t bytes = (size_t)(w->parts * count * w->size);
  if (w->parts > 1) w->out = faa_allocate(bytes);
  if (!w->out) {
    atomic_store(&w->fault, 1);
    return;
  }
  faa_parallel(w->parts * w->s.groups, weight_chunk, w);
  if (w->parts == 1) return;
  if (w->type == FaaF32)
    sum_parts_f32((float *)w->out, count, w->parts);
  else
    sum_parts_f64((double *)w->out, count, w->parts);
  memcpy(out, w->out, (size_t)(count * w->size));
  faa_release(w->out, bytes);
}

int faa_convolution(FaaConvolutionMap map, FaaType type, const FaaConvolution *s, const void *a, const void *b,
                    const void *bias, void *out) {
  if (type == FaaF32 && map != FaaInputGradient && faa_patches_fit()) return faa_patch_products(map, s, a, b, bias, out);
  Work w = {.s = *s, .type = type, .a = a, .b = b, .bias = bias, .out = out, .size = (ptrdiff_t)faa_size(type)};
  atomic_init(&w.fault, 0);
  w.in_group = s->in_channels / s->groups;
  w.out_group = s->out_channels / s->groups;
  w.patch = w.in_group * s->kernel_height * s->kernel_width;
  w.pointwise = s->kernel_height == 1 && s->kernel_width == 1 && s->stride_rows == 1 && s->stride_columns == 1 &&
                s->pad_top == 0 && s->pad_bottom == 0 && s->pad_left == 0 && s->pad_right == 0 &&
                s->height == s->out_height && s->width == s->out_width;
  ptrdiff_t row_bytes = (w.pointwise ? w.in_group + w.out_group : w.patch) * s->out_width * w.size;
  w.tile_rows = row_bytes > TILE_BYTES ? 1 : TILE_BYTES / row_bytes;
  if (w.tile_rows > s->out_height) w.tile_rows = s->out_height;
  w.tiles = (s->out_height + w.tile_rows - 1) / w.tile_rows;
  switch (map) {
    case FaaForward: faa_parallel(s->batch * s->groups * w.tiles, forward_chunk, &w); break;
    case FaaInputGradient: faa_parallel(s->batch * s->groups, input_chunk, &w); break;
    case FaaWeightGradient: weight_gradient(&w); break;
  }
  return atomic_load(&w.fault);
}
