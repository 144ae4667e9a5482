// Convolutions in f32 as products of tiles (Tile.h) whose right operand is packed straight from the images: the patches
// under the kernel are unfolded into the order that the tiles read, a part at a time that stays in the cache. The cut
// follows from the shape alone.
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"
#include "Patches.h"
#include "Tile.h"

// Of the inner extent of a product, of the columns that are unfolded at a time, and of the rows of the other operand
// that go over them: a panel stays in the first-level cache, the rest in the second.
#define DEPTH 320
#define COLUMNS 256
#define WEIGHT_COLUMNS 128
#define BLOCK_ROWS 96
// Sums over images that are made side by side in the weight gradient, of large weights fewer, and what is worth more than one.
#define WEIGHT_PARTS 8
#define LARGE_WEIGHTS 1000000
#define PARTED_WORK 1e6

typedef struct {
  FaaConvolution s;
  const float *a, *b, *bias;
  float *out, *left;           // `left`: the packed weights, or the parts of their gradient
  ptrdiff_t in_group, out_group, patch, plane;  // channels of a group, elements of a patch, positions of a result's plane
  ptrdiff_t deep, width, pieces;                // inner extent, and positions, of a piece; pieces of a plane
  ptrdiff_t parts;
  atomic_int fault;
} Patches;

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static ptrdiff_t pieces(ptrdiff_t n, ptrdiff_t piece) { return (n + piece - 1) / piece; }

/// The extent of equal pieces of `n`, none longer than `longest`, in multiples of `unit`.
static ptrdiff_t equal(ptrdiff_t n, ptrdiff_t longest, ptrdiff_t unit) {
  return pieces(pieces(n, pieces(n, longest)), unit) * unit;
}

static float *room(Patches *p, ptrdiff_t count) {
  float *room = faa_allocate((size_t)count * sizeof(float));
  if (!room) atomic_store(&p->fault, 1);
  return room;
}

static void leave(float *room, ptrdiff_t count) { faa_release(room, (size_t)count * sizeof(float)); }

// ---- Unfolding --------------------------------------------------------------------------------------------

typedef float Eight __attribute__((vector_size(32), aligned(4)));

/// Every `stride`th of the numbers at `from`, of which `n` are wanted.
__attribute__((always_inline, target("avx2"))) static inline void pick(const float *from, ptrdiff_t stride, ptrdiff_t n, float *to) {
  ptrdiff_t x = 0;
  if (stride == 2)
    for (; x + 8 < n; x += 8) {
      Eight low = *(const Eight *)(from + 2 * x), high = *(const Eight *)(from + 2 * x + 8);
      *(Eight *)(to + x) = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    }
  for (; x < n; x++) to[x] = from[x * stride];
}

/// Element `l` of the patches at positions first ..< first + count of one group's images; `image` is its first plane.
__attribute__((target("avx2"))) static void unfold(const FaaConvolution *s, const float *image, ptrdiff_t l, ptrdiff_t first, ptrdiff_t count,
                   float *line) {
  ptrdiff_t column = l % s->kernel_width, row = l / s->kernel_width % s->kernel_height;
  ptrdiff_t channel = l / s->kernel_width / s->kernel_height;
  ptrdiff_t step = s->stride_columns, shift = column * s->dilation_columns - s->pad_left;
  // The output columns whose source lies inside the image.
  ptrdiff_t inside = shift < 0 ? pieces(-shift, step) : 0, outside = shift < s->width ? pieces(s->width - shift, step) : 0;
  const float *plane = image + channel * s->height * s->width;
  ptrdiff_t y = first / s->out_width, x = first % s->out_width;
  for (ptrdiff_t end; count > 0; count -= end - x, line += end - x, x = 0, y++) {
    end = least(s->out_width, x + count);
    ptrdiff_t source = y * s->stride_rows + row * s->dilation_rows - s->pad_top;
    ptrdiff_t from = least(inside > x ? inside : x, end), to = least(outside, end);
    if (source < 0 || source >= s->height || to <= from) {
      memset(line, 0, (size_t)(end - x) * sizeof(float));
      continue;
    }
    const float *numbers = plane + source * s->width + shift + from * step;
    for (ptrdiff_t i = x; i < from; i++) line[i - x] = 0;
    if (step == 1)
      memcpy(line + from - x, numbers, (size_t)(to - from) * sizeof(float));
    else
      pick(numbers, step, to - from, line + from - x);
    for (ptrdiff_t i = to; i < end; i++) line[i - x] = 0;
  }
}

/// Where the images of a group, its results and its weights begin.
static const float *source(const Patches *p, const float *images, ptrdiff_t image, ptrdiff_t group) {
  return images + (image * p->s.in_channels + group * p->in_group) * p->s.height * p->s.width;
}
static ptrdiff_t result(const Patches *p, ptrdiff_t image, ptrdiff_t group) {
  return (image * p->s.out_channels + group * p->out_group) * p->plane;
}

// ---- y = x * w --------------------------------------------------------------------------------------------

static ptrdiff_t left_size(const Patches *p) { return faa_packed_left_size(p->out_group, p->deep); }

/// The weights of one group and one slab of the patches.
static void pack_weights(void *context, ptrdiff_t chunk) {
  Patches *p = context;
  ptrdiff_t slabs = pieces(p->patch, p->deep), l = chunk % slabs * p->deep;
  FaaLeft weights = {p->b + chunk / slabs * p->out_group * p->patch + l, p->patch, 1, TILE_ROWS * p->patch};
  faa_pack_left(weights, p->out_group, least(p->patch - l, p->deep), p->left + chunk * left_size(p));
}

/// Some positions of one group of one image.
static void forward_chunk(void *context, ptrdiff_t chunk) {
  Patches *p = context;
  ptrdiff_t piece = chunk % p->pieces, group = chunk / p->pieces % p->s.groups, image = chunk / p->pieces / p->s.groups;
  ptrdiff_t first = piece * p->width, count = least(p->plane - first, p->width);
  const float *images = source(p, p->a, image, group);
  const float *left = p->left + group * pieces(p->patch, p->deep) * left_size(p);
  float *out = p->out + result(p, image, group) + first;
  float line[COLUMNS + TILE_COLUMNS] = {0};  // a panel is written to its end
  ptrdiff_t size = faa_packed_size(p->deep, count);
  float *packed = room(p, size);
  if (!packed) return;
  for (ptrdiff_t l = 0; l < p->patch; l += p->deep, left += left_size(p)) {
    ptrdiff_t depth = least(p->patch - l, p->deep), tile = faa_packed_left_size(1, depth);
    for (ptrdiff_t i = 0; i < depth; i++) {
      unfold(&p->s, images, l + i, first, count, line);
      faa_pack_line(line, depth, i, count, packed);
    }
    for (ptrdiff_t row = 0; row < p->out_group; row += BLOCK_ROWS) {
      FaaFinish finish = {.factor = 1, .adds = l > 0,
                          .offsets = p->bias && l == 0 ? p->bias + group * p->out_group + row : NULL};
      FaaLeft block = {left + row / TILE_ROWS * tile, 1, TILE_ROWS, tile};
      faa_tile_product(least(p->out_group - row, BLOCK_ROWS), count, depth, block, packed, finish,
                       out + row * p->plane, p->plane);
    }
  }
  leave(packed, size);
}

static void forward(Patches *p) {
  p->deep = equal(p->patch, DEPTH, 1);
  p->width = equal(p->plane, COLUMNS, TILE_COLUMNS);
  p->pieces = pieces(p->plane, p->width);
  ptrdiff_t slabs = p->s.groups * pieces(p->patch, p->deep), size = slabs * left_size(p);
  p->left = room(p, size);
  if (!p->left) return;
  if (size < CHEAP_GRAIN)
    for (ptrdiff_t slab = 0; slab < slabs; slab++) pack_weights(p, slab);
  else
    faa_parallel(slabs, pack_weights, p);
  faa_parallel(p->s.batch * p->s.groups * p->pieces, forward_chunk, p);
  leave(p->left, size);
}

// ---- The weights' gradient --------------------------------------------------------------------------------

/// The sum over some of the images, for one group.
static void weight_chunk(void *context, ptrdiff_t chunk) {
  Patches *p = context;
  ptrdiff_t group = chunk % p->s.groups, part = chunk / p->s.groups;
  ptrdiff_t begin = p->s.batch * part / p->parts, end = p->s.batch * (part + 1) / p->parts;
  float *out = p->left + (part * p->s.out_channels + group * p->out_group) * p->patch;
  ptrdiff_t lines = TILE_COLUMNS * p->deep, right = p->deep * WEIGHT_COLUMNS, size = lines + right + left_size(p);
  float *unfolded = room(p, size), *packed = unfolded + lines, *left = packed + right;
  if (!unfolded) return;
  for (ptrdiff_t image = begin; image < end; image++)
    for (ptrdiff_t first = 0; first < p->plane; first += p->deep) {
      ptrdiff_t depth = least(p->plane - first, p->deep);
      const float *images = source(p, p->b, image, group);
      FaaLeft g = {p->a + result(p, image, group) + first, p->plane, 1, TILE_ROWS * p->plane};
      g = faa_pack_left(g, p->out_group, depth, left);
      FaaFinish finish = {.factor = 1, .adds = image > begin || first > 0};
      for (ptrdiff_t column = 0; column < p->patch; column += WEIGHT_COLUMNS) {
        ptrdiff_t columns = least(p->patch - column, WEIGHT_COLUMNS);
        for (ptrdiff_t panel = 0; panel < columns; panel += TILE_COLUMNS) {
          ptrdiff_t there = least(columns - panel, TILE_COLUMNS);
          for (ptrdiff_t j = 0; j < there; j++)
            unfold(&p->s, images, column + panel + j, first, depth, unfolded + j * p->deep);
          faa_pack_right(true, unfolded, p->deep, depth, 0, depth, there, packed + panel * depth);
        }
        for (ptrdiff_t row = 0; row < p->out_group; row += BLOCK_ROWS) {
          FaaLeft block = {g.data + row / TILE_ROWS * g.tile, g.row, g.column, g.tile};
          faa_tile_product(least(p->out_group - row, BLOCK_ROWS), columns, depth, block, packed, finish,
                           out + row * p->patch + column, p->patch);
        }
      }
    }
  leave(unfolded, size);
}

typedef struct {
  const float *parts;
  float *out;
  ptrdiff_t count, number;
} Sum;

static void add_chunk(void *context, ptrdiff_t chunk) {
  const Sum *sum = context;
  ptrdiff_t first = chunk * CHEAP_GRAIN, end = least(first + CHEAP_GRAIN, sum->count);
  memcpy(sum->out + first, sum->parts + first, (size_t)(end - first) * sizeof(float));
  for (ptrdiff_t part = 1; part < sum->number; part++)
    for (ptrdiff_t i = first; i < end; i++) sum->out[i] += sum->parts[part * sum->count + i];
}

static void weight_gradient(Patches *p) {
  ptrdiff_t count = p->s.out_channels * p->patch;
  p->deep = equal(p->plane, DEPTH, 8);
  ptrdiff_t parts = count > LARGE_WEIGHTS ? WEIGHT_PARTS / 2 : WEIGHT_PARTS;
  p->parts = (double)p->s.batch * (double)count * (double)p->plane < PARTED_WORK ? 1 : least(p->s.batch, parts);
  p->left = p->parts == 1 ? p->out : room(p, p->parts * count);
  if (!p->left) return;
  faa_parallel(p->parts * p->s.groups, weight_chunk, p);
  if (p->parts == 1) return;
  Sum sum = {p->left, p->out, count, p->parts};
  faa_parallel(pieces(count, CHEAP_GRAIN), add_chunk, &sum);
  leave(p->left, p->parts * count);
}

bool faa_patches_fit(void) { return faa_tiles_fit(); }

int faa_patch_products(FaaConvolutionMap map, const FaaConvolution *s, const float *a, const float *b, const float *bias,
                       float *out) {
  Patches p = {.s = *s, .a = a, .b = b, .bias = bias, .out = out};
  atomic_init(&p.fault, 0);
  p.in_group = s->in_channels / s->groups;
  p.out_group = s->out_channels / s->groups;
  p.patch = p.in_group * s->kernel_height * s->kernel_width;
  p.plane = s->out_height * s->out_width;
  if (map == FaaForward)
    forward(&p);
  else
    weight_gradient(&p);
  return atomic_load(&p.fault);
}
