// Products of single-precision matrices: by our own tiles where they fit the processor, on one thread or shared by
// the pool; by oneDNN's or OpenBLAS's kernel elsewhere.
#define _GNU_SOURCE
#include <cblas.h>
#include <dlfcn.h>
#include <dnnl.h>
#include <pthread.h>

#include "Elementwise.h"
#include "Tile.h"

// A panel of a packed right operand, so many rows deep, stays in the first-level cache while a block of the left
// operand, so many rows high, passes from the second.
#define DEPTH 320
#define BLOCK_ROWS 96
// What one thread packs for itself at a time, and what is packed for all.
#define GROUP_COLUMNS 256
#define SHARED_FLOATS ((ptrdiff_t)1 << 20)
// Packing a left operand by blocks is repaid by so many columns of the right one, or where it is stored transposed, hence
// packed anyhow, by so many elements.
#define REPAYING_COLUMNS 256
#define REPAYING_ELEMENTS 16384

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

/// The depth of equal slabs of k rows.
static ptrdiff_t slab_depth(ptrdiff_t k) {
  ptrdiff_t slabs = (k + DEPTH - 1) / DEPTH;
  return ((k + slabs - 1) / slabs + 7) / 8 * 8;
}

static bool packs_blocks(bool transposed, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  return n >= REPAYING_COLUMNS || (transposed && m * k >= REPAYING_ELEMENTS);
}

/// Rows `row` on and columns `column` on of an operand.
static FaaLeft part(FaaLeft a, ptrdiff_t row, ptrdiff_t column) {
  a.data += row * a.row + column * a.column;
  return a;
}

static FaaLeft left_operand(bool transposed, const float *a, ptrdiff_t lda) {
  return transposed ? (FaaLeft){a, 1, lda, TILE_ROWS} : (FaaLeft){a, lda, 1, TILE_ROWS * lda};
}

/// One slab of a product. `left` has room for a block of the left operand; where that is NULL it is read where it lies,
/// or packed tile by tile.
static void slab_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, FaaLeft a, float *left, const float *packed,
                         FaaFinish finish, float *c, ptrdiff_t ldc) {
  float tile[TILE_ROWS * (DEPTH + 1)];
  ptrdiff_t step = left || a.column == 1 ? BLOCK_ROWS : TILE_ROWS;
  if (!left && a.column != 1) left = tile;
  for (ptrdiff_t i = 0; i < rows; i += step) {
    ptrdiff_t high = least(rows - i, step);
    FaaLeft block = part(a, i, 0);
    if (left) block = faa_pack_left(block, high, depth, left);
    faa_tile_product(high, columns, depth, block, packed, finish, c + i * ldc, ldc);
  }
}

// ---- On one thread ----------------------------------------------------------------------------------------

static bool tile_product(bool transpose_a, bool transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float alpha,
                         const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, bool adds, float *c,
                         ptrdiff_t ldc) {
  ptrdiff_t deep = slab_depth(k), group = least(n, GROUP_COLUMNS);
  bool packs = packs_blocks(transpose_a, m, group, k);
  ptrdiff_t right = faa_packed_size(deep, group), left = packs ? faa_packed_left_size(least(m, BLOCK_ROWS), deep) : 0;
  size_t bytes = (size_t)(right + left) * sizeof(float);
  float own[4096], *room = right + left <= 4096 ? own : faa_allocate(bytes);
  if (!room) return false;
  FaaLeft operand = left_operand(transpose_a, a, lda);
  for (ptrdiff_t column = 0; column < n; column += group)
    for (ptrdiff_t l = 0; l < k; l += deep) {
      ptrdiff_t columns = least(n - column, group), depth = least(k - l, deep);
      faa_pack_right(transpose_b, b + (transpose_b ? column * ldb + l : l * ldb + column), ldb, depth, 0, depth, columns,
                     room);
      slab_product(m, columns, depth, part(operand, 0, l), packs ? room + right : NULL, room,
                   (FaaFinish){.factor = alpha, .adds = adds || l > 0}, c + column, ldc);
    }
  if (room != own) faa_release(room, bytes);
  return true;
}

// OpenBLAS spends a fixed share of a short inner dimension on packing; oneDNN packs less, but reads a transposed left
// operand badly and costs about a microsecond a call. Measured on AVX2 (Zen 3), one core, GFLOP/s of the tiles with
// packing, OpenBLAS and oneDNN: 17x17x64 48, 30 and 27; 65x65x32 74, 47 and 64; 50x64x197 89, 71 and 95; 136x576x192
// 91, 84 and 96; left operand transposed, 768x192x544 91, 88 and 87.
#define LONGEST_FOR_ONEDNN 384
#define LEAST_FOR_ONEDNN 500000

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void (*set_threads)(int);

// oneDNN reads OpenMP's thread count, which is kept for each thread. libgomp comes with libdnnl and has no header here.
static void find_openmp(void) { set_threads = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads"); }

static bool is_alone(void) {
  static _Thread_local bool is_set;
  if (is_set) return true;
  pthread_once(&once, find_openmp);
  if (!set_threads) return false;
  set_threads(1);
  return is_set = true;
}

void faa_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, bool adds, float *c, int ldc) {
  float beta = adds;
  bool suits_onednn = !transpose_a && k <= LONGEST_FOR_ONEDNN && m > 1 && n > 1;
  bool tiles = faa_tiles_fit() && !(suits_onednn && (double)m * n * k >= LEAST_FOR_ONEDNN);
  if (tiles && tile_product(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, adds, c, ldc)) return;
  if (suits_onednn && is_alone() &&
      dnnl_sgemm('N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) == dnnl_success)
    return;
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
              alpha, a, lda, b, ldb, beta, c, ldc);
}

void faa_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
               const double *b, int ldb, bool adds, double *c, int ldc) {
  cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
              alpha, a, lda, b, ldb, adds, c, ldc);
}

// ---- Shared by the pool -----------------------------------------------------------------------------------
// The right operand is packed once, for all; then blocks of rows (and of columns, where rows are few) are worked
// through.

// What a thread packs at a time: rows of a right operand, or columns of one that is stored by columns.
#define PACKED_ROWS 32
#define PACKED_COLUMNS (2 * TILE_COLUMNS)

typedef struct {
  ptrdiff_t m, n, deep, first, end;  // inner indices first ..< end, in slabs of `deep`
  FaaLeft a;
  bool packs_blocks;
  FaaMatrix b;
  const float *bias;
  bool adds;
  float *out, *packed;
  ptrdiff_t high, wide, blocks;  // rows and columns of a block, and blocks below each other
} Shared;

/// The floats before column `column`, a whole number of panels, in a slab of `depth` rows.
static ptrdiff_t before(ptrdiff_t column, ptrdiff_t depth) { return column * depth; }

/// The parts of a slab that are packed one by one.
static ptrdiff_t packs(const Shared *p) {
  return p->b.transposed ? (p->n + PACKED_COLUMNS - 1) / PACKED_COLUMNS : (p->deep + PACKED_ROWS - 1) / PACKED_ROWS;
}

static void pack_chunk(void *context, ptrdiff_t chunk) {
  const Shared *p = context;
  ptrdiff_t slab = chunk / packs(p), piece = chunk % packs(p), l = p->first + slab * p->deep;
  ptrdiff_t depth = least(p->end - l, p->deep), leading = p->b.leading;
  const float *b = p->b.data;
  float *packed = p->packed + slab * faa_packed_size(p->deep, p->n);
  if (p->b.transposed) {
    ptrdiff_t column = piece * PACKED_COLUMNS;
    faa_pack_right(true, b + column * leading + l, leading, depth, 0, depth, least(p->n - column, PACKED_COLUMNS),
                   packed + before(column, depth));
  } else {
    ptrdiff_t first = piece * PACKED_ROWS;
    faa_pack_right(false, b + l * leading, leading, depth, first, least(depth, first + PACKED_ROWS), p->n, packed);
  }
}

static void block_chunk(void *context, ptrdiff_t chunk) {
  const Shared *p = context;
  ptrdiff_t row = chunk % p->blocks * p->high, column = chunk / p->blocks * p->wide;
  ptrdiff_t rows = least(p->m - row, p->high), columns = least(p->n - column, p->wide);
  size_t bytes = (size_t)faa_packed_left_size(least(rows, BLOCK_ROWS), p->deep) * sizeof(float);
  float *left = p->packs_blocks ? faa_allocate(bytes) : NULL;
  const float *packed = p->packed;
  for (ptrdiff_t l = p->first; l < p->end; l += p->deep, packed += faa_packed_size(p->deep, p->n)) {
    ptrdiff_t depth = least(p->end - l, p->deep);
    FaaFinish finish = {.factor = 1, .adds = p->adds || l > 0, .bias = p->bias && l == 0 ? p->bias + column : NULL};
    slab_product(rows, columns, depth, part(p->a, row, l), left, packed + before(column, depth), finish,
                 p->out + row * p->n + column, p->n);
  }
  if (left) faa_release(left, bytes);
}

bool faa_shared_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b, const float *bias, bool adds,
                        float *out) {
  if (!faa_tiles_fit()) return false;
  ptrdiff_t deep = slab_depth(k), slab = faa_packed_size(deep, n), slabs = (k + deep - 1) / deep;
  ptrdiff_t at_once = least(slabs, most(1, SHARED_FLOATS / slab));
  size_t bytes = (size_t)(at_once * slab) * sizeof(float);
  float *packed = faa_allocate(bytes);
  if (!packed) return false;
  // Blocks as high as a packed left operand may be. Eight of them or more, so that threads that are not equally fast end
  // together, of no less than some microseconds. They come in pairs, so that two threads share evenly whatever rows the
  // last has, and each keeps half of the right operand in its cache; but each packs the left one, which transposed it
  // does not repay.
  ptrdiff_t blocks = (m + BLOCK_ROWS - 1) / BLOCK_ROWS, panels = (n + TILE_COLUMNS - 1) / TILE_COLUMNS;
  ptrdiff_t high = ((m + blocks - 1) / blocks + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
  blocks = (m + high - 1) / high;
  ptrdiff_t wanted = most((8 + blocks - 1) / blocks, a.transposed ? 1 : 2);
  ptrdiff_t groups = most(1, least(least(wanted, panels), m * n * k / (100000 * blocks)));
  ptrdiff_t wide = (panels + groups - 1) / groups * TILE_COLUMNS;
  groups = (n + wide - 1) / wide;
  Shared p = {.m = m, .n = n, .deep = deep, .a = left_operand(a.transposed, a.data, a.leading), .b = b, .bias = bias,
              .adds = adds, .packs_blocks = packs_blocks(a.transposed, m, n, k), .out = out, .packed = packed, .high = high, .wide = wide,
              .blocks = blocks};
  for (p.first = 0; p.first < k; p.first = p.end) {
    p.end = least(k, p.first + at_once * deep);
    ptrdiff_t chunks = packs(&p) * ((p.end - p.first + deep - 1) / deep);
    if ((p.end - p.first) * n < CHEAP_GRAIN / 2)
      for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) pack_chunk(&p, chunk);
    else
      faa_parallel(chunks, pack_chunk, &p);
    faa_parallel(blocks * groups, block_chunk, &p);
  }
  faa_release(packed, bytes);
  return true;
}
