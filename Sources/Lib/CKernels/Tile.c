// The tiles of Tile.h. They are written with the compiler's vectors for AVX2 and fused multiply-add; elsewhere they
// are not called.
#include "Tile.h"

#include <string.h>

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

typedef float Vector __attribute__((vector_size(32), aligned(4)));

bool faa_tiles_fit(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !__builtin_cpu_supports("avx512f");
}

INLINE Vector load(const float *p) { return *(const Vector *)p; }
INLINE void store(float *p, Vector v) { *(Vector *)p = v; }

// How many rows of a right operand are packed before the next panel gets its part of them.
#define ROWS_AT_ONCE 8

// ---- The order of memory ----------------------------------------------------------------------------------

static ptrdiff_t panel_width(ptrdiff_t columns) { return columns > 8 ? TILE_COLUMNS : 8; }

ptrdiff_t faa_packed_size(ptrdiff_t depth, ptrdiff_t columns) {
  ptrdiff_t whole = columns / TILE_COLUMNS * TILE_COLUMNS;
  return depth * (whole + (columns > whole ? panel_width(columns - whole) : 0));
}

/// Eight rows of eight numbers, turned around: row r of the result is column r of x.
INLINE void turn(Vector x[8]) {
  Vector a[8], b[8];
  for (int i = 0; i < 4; i++) {
    a[2 * i] = __builtin_shufflevector(x[2 * i], x[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    a[2 * i + 1] = __builtin_shufflevector(x[2 * i], x[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; i++) {
    b[4 * i] = __builtin_shufflevector(a[4 * i], a[4 * i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    b[4 * i + 1] = __builtin_shufflevector(a[4 * i], a[4 * i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    b[4 * i + 2] = __builtin_shufflevector(a[4 * i + 1], a[4 * i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    b[4 * i + 3] = __builtin_shufflevector(a[4 * i + 1], a[4 * i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    x[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    x[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Rows first ..< end of eight columns that are stored as rows b, b + ldb, …, of which the first `columns` are there, to p, p + step, ….
INLINE void pack_turned(const float *b, ptrdiff_t ldb, ptrdiff_t first, ptrdiff_t end, ptrdiff_t columns, float *p,
                        ptrdiff_t step) {
  ptrdiff_t l = first;
  for (; l + 8 <= end; l += 8) {
    Vector x[8];
    for (int j = 0; j < 8; j++) x[j] = load(b + (j < columns ? j : 0) * ldb + l);
    turn(x);
    for (int j = 0; j < 8; j++) store(p + (l + j) * step, x[j]);
  }
  for (; l < end; l++)
    for (int j = 0; j < 8; j++) p[l * step + j] = b[(j < columns ? j : 0) * ldb + l];
}

/// A panel's rows first ..< end. What is packed beyond the columns that are there may be anything, since nobody reads its sums, but must be
/// read in the matrix.
INLINE void pack_panel(const float *b, ptrdiff_t ldb, ptrdiff_t depth, ptrdiff_t first, ptrdiff_t end, ptrdiff_t there,
                       ptrdiff_t width, float *panel) {
  for (ptrdiff_t l = first; l < end; l++) {
    const float *from = b + l * ldb;
    float *to = panel + l * width;
    // The next rows lie on other pages, where the processor does not look ahead by itself.
    __builtin_prefetch(from + ROWS_AT_ONCE * ldb);
    if ((depth - 1 - l) * ldb >= width - there)
      for (ptrdiff_t j = 0; j < width; j += 8) store(to + j, load(from + j));
    else
      for (ptrdiff_t j = 0; j < width; j++) to[j] = j < there ? from[j] : 0;
  }
}

AVX2 void faa_pack_right(bool transposed, const float *b, ptrdiff_t ldb, ptrdiff_t depth, ptrdiff_t first, ptrdiff_t end,
                         ptrdiff_t columns, float *packed) {
  // Rows are read along their length, some at a time so that much is written to a panel before the next.
  ptrdiff_t at_once = transposed ? end - first : ROWS_AT_ONCE;
  for (ptrdiff_t l = first; l < end; l += at_once) {
    ptrdiff_t last = end - l < at_once ? end : l + at_once;
    float *panel = packed;
    for (ptrdiff_t column = 0; column < columns; column += TILE_COLUMNS) {
      ptrdiff_t there = columns - column < TILE_COLUMNS ? columns - column : TILE_COLUMNS, width = panel_width(there);
      if (transposed) {
        for (ptrdiff_t half = 0; half < width; half += 8) {
          const float *from = b + (column + half) * ldb;
          if (there - half >= 8)
            pack_turned(from, ldb, l, last, 8, panel + half, width);
          else
            pack_turned(from, ldb, l, last, there - half, panel + half, width);
        }
      } else if (width == TILE_COLUMNS && there == width) {
        pack_panel(b + column, ldb, depth, l, last, TILE_COLUMNS, TILE_COLUMNS, panel);
      } else {
        pack_panel(b + column, ldb, depth, l, last, there, width, panel);
      }
      panel += depth * width;
    }
  }
}

AVX2 void faa_pack_line(const float *line, ptrdiff_t depth, ptrdiff_t l, ptrdiff_t columns, float *packed) {
  ptrdiff_t column = 0;
  for (; columns - column > 8; column += TILE_COLUMNS, packed += depth * TILE_COLUMNS) {
    store(packed + l * TILE_COLUMNS, load(line + column));
    store(packed + l * TILE_COLUMNS + 8, load(line + column + 8));
  }
  if (column < columns) store(packed + l * 8, load(line + column));
}

// Rows are copied eight numbers at a time, two more than a tile's, which the next row of the tile writes over: hence
// room for one more row.
static ptrdiff_t tile_size(ptrdiff_t depth) { return TILE_ROWS * (depth + 1); }

ptrdiff_t faa_packed_left_size(ptrdiff_t rows, ptrdiff_t depth) {
  return (rows + TILE_ROWS - 1) / TILE_ROWS * tile_size(depth);
}

AVX2 FaaLeft faa_pack_left(FaaLeft a, ptrdiff_t rows, ptrdiff_t depth, float *packed) {
  if (a.column == 1) {
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS) {
      float *to = packed + i / TILE_ROWS * tile_size(depth);
      if (rows - i >= TILE_ROWS)
        pack_turned(a.data + i * a.row, a.row, 0, depth, TILE_ROWS, to, TILE_ROWS);
      else
        pack_turned(a.data + i * a.row, a.row, 0, depth, rows - i, to, TILE_ROWS);
    }
  } else {
    for (ptrdiff_t l = 0; l < depth; l++) {
      const float *from = a.data + l * a.column;
      float *to = packed + l * TILE_ROWS;
      ptrdiff_t i = 0;
      for (; i + 8 <= rows; i += TILE_ROWS, to += tile_size(depth)) store(to, load(from + i));
      for (; i < rows; i += TILE_ROWS, to += tile_size(depth))
        for (ptrdiff_t r = 0; r < TILE_ROWS && i + r < rows; r++) to[r] = from[i + r];
    }
  }
  return (FaaLeft){packed, 1, TILE_ROWS, tile_size(depth)};
}

// ---- Tiles ------------------------------------------------------------------------------------------------

/// Leaves factor a b (+ c or + bias) of `rows` rows and 8 `vectors` columns in c, of which `columns` are there.
INLINE void tile(const int rows, const int vectors, bool in_rows, ptrdiff_t depth, const float *a, ptrdiff_t row,
                 const float *b, FaaFinish finish, float *c, ptrdiff_t ldc, ptrdiff_t columns) {
  Vector sum[TILE_ROWS][2] = {0};
  for (int r = 0; r < rows; r++) {
    __builtin_prefetch(c + r * ldc, 1);
    __builtin_prefetch(c + r * ldc + 8 * vectors - 1, 1);
  }
  // Six cycles' multiply-adds are twenty instructions, and a core shared with another may get three in a cycle: none to
  // spare for counting.
#pragma clang loop unroll_count(4)
  for (ptrdiff_t l = 0; l < depth; l++) {
    Vector right[2];
    for (int v = 0; v < vectors; v++) right[v] = load(b + 8 * v);
    b += 8 * vectors;
    for (int r = 0; r < rows; r++) {
      float x = in_rows ? a[r * row] : a[r];
      Vector left = {x, x, x, x, x, x, x, x};
      for (int v = 0; v < vectors; v++) sum[r][v] += left * right[v];
    }
    a += in_rows ? 1 : TILE_ROWS;
  }
  Vector factor = {finish.factor, finish.factor, finish.factor, finish.factor,
                   finish.factor, finish.factor, finish.factor, finish.factor};
  if (columns == 8 * vectors) {
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++) {
        float *to = c + r * ldc + 8 * v;
        Vector value = sum[r][v] * factor;
        if (finish.adds) value += load(to);
        if (finish.bias) value += load(finish.bias + 8 * v);
        if (finish.offsets) value += finish.offsets[r];
        store(to, value);
      }
    return;
  }
  // All sums at once: a loop that picks a row's would keep them in memory from the start.
  float edge[TILE_ROWS][TILE_COLUMNS];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) store(edge[r] + 8 * v, sum[r][v] * factor);
  for (int r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < columns; j++) {
      float *to = c + r * ldc + j;
      *to = edge[r][j] + (finish.adds ? *to : finish.bias ? finish.bias[j] : 0) + (finish.offsets ? finish.offsets[r] : 0);
    }
}

#define ARGUMENTS                                                                                             \
  ptrdiff_t depth, const float *a, ptrdiff_t row, const float *b, FaaFinish finish, float *c, ptrdiff_t ldc, \
      ptrdiff_t columns
#define TILE(name, rows, vectors, in_rows)                                                 \
  AVX2 static void name(ARGUMENTS) {                                                       \
    tile(rows, vectors, in_rows, depth, a, row, b, finish, c, ldc, columns);               \
  }
#define TILES_OF(rows)                      \
  TILE(rows_##rows##_1, rows, 1, true)      \
  TILE(rows_##rows##_2, rows, 2, true)      \
  TILE(columns_##rows##_1, rows, 1, false)  \
  TILE(columns_##rows##_2, rows, 2, false)
TILES_OF(1) TILES_OF(2) TILES_OF(3) TILES_OF(4) TILES_OF(5) TILES_OF(6)

/// By the left operand's order, the vectors of a row, and the rows.
static void (*const tiles[2][2][TILE_ROWS])(ARGUMENTS) = {
    {{columns_1_1, columns_2_1, columns_3_1, columns_4_1, columns_5_1, columns_6_1},
     {columns_1_2, columns_2_2, columns_3_2, columns_4_2, columns_5_2, columns_6_2}},
    {{rows_1_1, rows_2_1, rows_3_1, rows_4_1, rows_5_1, rows_6_1},
     {rows_1_2, rows_2_2, rows_3_2, rows_4_2, rows_5_2, rows_6_2}},
};

void faa_tile_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, FaaLeft a, const float *packed,
                      FaaFinish finish, float *c, ptrdiff_t ldc) {
  for (ptrdiff_t first = 0; first < columns; first += TILE_COLUMNS) {
    ptrdiff_t there = columns - first < TILE_COLUMNS ? columns - first : TILE_COLUMNS, width = panel_width(there);
    FaaFinish here = finish;
    if (here.bias) here.bias += first;
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS) {
      ptrdiff_t high = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
      if (finish.offsets) here.offsets = finish.offsets + i;
      tiles[a.column == 1][width / 8 - 1][high - 1](depth, a.data + i / TILE_ROWS * a.tile, a.row, packed,
                                                    here, c + i * ldc + first, ldc, there);
    }
    packed += depth * width;
  }
}

#else  // nothing of it is called there

bool faa_tiles_fit(void) { return false; }
ptrdiff_t faa_packed_size(ptrdiff_t depth, ptrdiff_t columns) { return depth * columns; }
ptrdiff_t faa_packed_left_size(ptrdiff_t rows, ptrdiff_t depth) { return rows * depth; }
void faa_pack_right(bool transposed, const float *b, ptrdiff_t ldb, ptrdiff_t depth, ptrdiff_t first, ptrdiff_t end,
                    ptrdiff_t columns, float *packed) {}
void faa_pack_line(const float *line, ptrdiff_t depth, ptrdiff_t l, ptrdiff_t columns, float *packed) {}
FaaLeft faa_pack_left(FaaLeft a, ptrdiff_t rows, ptrdiff_t depth, float *packed) { return a; }
void faa_tile_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, FaaLeft a, const float *packed,
                      FaaFinish finish, float *c, ptrdiff_t ldc) {}
#endif
