// The innermost loops of single-precision matrix products on processors with AVX2: six rows by sixteen columns summed
// in registers, and the order of memory those loops read.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define TILE_ROWS 6
#define TILE_COLUMNS 16

/// A left operand by tiles of TILE_ROWS rows: element (i, l) of tile t at data[t * tile + i * row + l * column]. Row
/// or column is 1.
typedef struct {
  const float *data;
  ptrdiff_t row, column, tile;
} FaaLeft;

/// Whether this processor has what the tiles are written for, and nothing wider that the libraries would use better.
bool faa_tiles_fit(void);

/// Floats that `depth` rows of `columns` columns take when packed.
ptrdiff_t faa_packed_size(ptrdiff_t depth, ptrdiff_t columns);

/// Copies rows first ..< end of the `depth` of a right operand, and columns 0 ..< columns (stored transposed: element (l, j) at
/// b[j * ldb + l]), to their places in panels of TILE_COLUMNS columns, the last of them of 8 where that holds the rest.
void faa_pack_right(bool transposed, const float *b, ptrdiff_t ldb, ptrdiff_t depth, ptrdiff_t first, ptrdiff_t end,
                    ptrdiff_t columns, float *packed);

/// Copies one row of a right operand to its place as row `l` of the panels. `line` is read, and may hold anything, to the end of
/// the last panel.
void faa_pack_line(const float *line, ptrdiff_t depth, ptrdiff_t l, ptrdiff_t columns, float *packed);

/// Floats that a left operand of `rows` rows and `depth` columns takes when its tiles are packed.
ptrdiff_t faa_packed_left_size(ptrdiff_t rows, ptrdiff_t depth);

/// A left operand as it lies, with its tiles packed one after the other in `packed`.
FaaLeft faa_pack_left(FaaLeft a, ptrdiff_t rows, ptrdiff_t depth, float *packed);

/// What becomes of the sums of a product.
typedef struct {
  float factor;          // of the sums
  bool adds;             // to what the result holds
  const float *bias;     // a number for each column that is added to each row, or NULL; not together with `adds`
  const float *offsets;  // a number for each row that is added to each of its columns, or NULL
} FaaFinish;

/// c = factor a b (+ c or + bias) on the calling thread, for a left operand that is packed or stored by rows and a packed
/// right one of `depth` rows.
void faa_tile_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, FaaLeft a, const float *packed, FaaFinish finish,
                      float *c, ptrdiff_t ldc);
