// Winograd's convolution F(4x4, 3x3): its tiles, their transforms and products. (Winograd 1980; Lavin and Gray, arXiv:1509.09308.)
//
// A 3 x 3 correlation is cut into tiles of 4 x 4 results, which need 6 x 6 inputs. Along one axis, inputs x, weights w and results y
// are polynomials whose product is taken at the points 0, a, -a, b, -b and infinity: y = A' [(G w) * (B' x)], so that 6 multiplications
// do the work of 12, and 36 that of 144 along both. Over channels the products at one position of the 6 x 6 are a matrix product.
// The points are a = 1/sqrt(2) and b = sqrt(2): with a b = 1 the transforms amplify rounding errors less than with the usual 1 and 2.
#pragma once
#include "Lanes.h"

#define TILE 4                       // results of a tile along an axis
#define HALO 2                       // what its inputs have more
#define POSITIONS 36                 // inputs of a tile
#define PANEL 16                     // channels of the result that a product sums together

/// Images cut into strips, which are the rows of tiles of all images one after the other.
typedef struct {
  ptrdiff_t channels, height, width;  // of an image
  ptrdiff_t top, left;                // where the image begins in its tiles
  ptrdiff_t tile_rows, tile_columns;  // of an image
} WinogradImages;

/// Transformed tiles: [position][block of channels][tile][channel of the block]. Tiles are odd in number and positions lie a little apart,
/// because steps of powers of two would fall into few sets of the cache.
typedef struct {
  float *data;
  ptrdiff_t tiles;          // that there is room for
  ptrdiff_t position_step;  // elements
} WinogradTiles;

static inline WinogradTiles winograd_tiles(float *data, ptrdiff_t channels, ptrdiff_t tiles) {
  return (WinogradTiles){data, tiles | 1, channels * (tiles | 1) + PANEL};
}

static inline size_t winograd_tiles_bytes(ptrdiff_t channels, ptrdiff_t tiles) {
  return (size_t)(POSITIONS * (channels * (tiles | 1) + PANEL)) * sizeof(float);
}

/// Bytes of scratch that the functions below need for `strips` strips.
size_t winograd_scratch_bytes(const WinogradImages *images, ptrdiff_t strips);

/// B' x B of the strips first ..< last for one block of channels, from tile `tile` of `out` on.
void winograd_inputs(const WinogradImages *images, const float *x, ptrdiff_t first, ptrdiff_t last, ptrdiff_t block,
                     float *scratch, WinogradTiles out, ptrdiff_t tile);
/// A g A', the transpose of the results' transform, of cotangents.
void winograd_cotangents(const WinogradImages *images, const float *g, ptrdiff_t first, ptrdiff_t last, ptrdiff_t block,
                         float *scratch, WinogradTiles out, ptrdiff_t tile);
/// A' m A of block `from_block` of `m`, plus `bias` (or NULL), into block `block` of the images. Returns false where a result is not finite.
bool winograd_results(const WinogradImages *images, WinogradTiles m, ptrdiff_t tile, ptrdiff_t from_block, ptrdiff_t first,
                      ptrdiff_t last, ptrdiff_t block, const float *bias, float *scratch, float *out);

/// Elements from one position of transformed weights to the next, for so many pairs of an in channel and a panel.
static inline ptrdiff_t winograd_weights_step(ptrdiff_t pairs) { return pairs * PANEL + PANEL; }

/// G w G' of a panel of `PANEL` out channels and `count` in channels from `first` on, as [position][in channel][PANEL]. `w` is [out, in, 3, 3];
/// `turned` for the input gradient, whose out channels are the in channels of `w` and whose kernels are turned round.
void winograd_weights(const float *w, ptrdiff_t out_channels, ptrdiff_t in_channels, bool turned, ptrdiff_t panel,
                      ptrdiff_t first, ptrdiff_t count, float *u, ptrdiff_t position_step);
/// G' u G, the transpose: from [position][in channel][PANEL] into w. Returns false where a result is not finite.
bool winograd_weight_gradient(const float *u, ptrdiff_t position_step, ptrdiff_t in_channels, ptrdiff_t panel,
                              ptrdiff_t first, ptrdiff_t count, float *w);

/// At one position: m[tile, panel] = (`adds`: what is there) + sum over `count` channels from `first` on of v[tile, channel] u[channel, panel],
/// for `tiles` tiles from `tile` on of v, into the two blocks from `block` on of m.
void winograd_product(WinogradTiles v, ptrdiff_t position, ptrdiff_t tile, ptrdiff_t tiles, ptrdiff_t first,
                      ptrdiff_t count, const float *u, bool adds, WinogradTiles m, ptrdiff_t block);
/// At one position: u[channel, panel] = (`adds`: what is there) + sum over tiles of v[tile, channel] g[tile, panel].
void winograd_tile_sum(WinogradTiles v, WinogradTiles g, ptrdiff_t position, ptrdiff_t tiles, ptrdiff_t first,
                       ptrdiff_t count, ptrdiff_t panel, bool adds, float *u);
