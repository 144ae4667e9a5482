// The products of Winograd's convolution: at each of the 36 positions a matrix product, summed in registers, six rows and a panel at once.
#include "Winograd.h"

// The innermost loops are unrolled, so that next to nothing but loads and multiply-adds is left in them (see Tile.c).
#define ROWS 6

/// `rows` tiles of a panel. `v` is their first channel; a block of channels is `block_step` from the next.
__attribute__((always_inline)) static inline void tiles_by_panel(const int rows, const float *v, ptrdiff_t block_step,
                                                                 ptrdiff_t blocks, const float *u, bool adds,
                                                                 float *m, ptrdiff_t m_step) {
  Lanes sums[ROWS][2];
  for (int r = 0; r < rows; r++) {
    sums[r][0] = adds ? *(const Lanes *)(m + r * BLOCK) : (Lanes){0};
    sums[r][1] = adds ? *(const Lanes *)(m + m_step + r * BLOCK) : (Lanes){0};
  }
  for (ptrdiff_t b = 0; b < blocks; b++, v += block_step)
#pragma clang loop unroll_count(4)
    for (int c = 0; c < BLOCK; c++, u += PANEL) {
      Lanes u0 = *(const Lanes *)u, u1 = *(const Lanes *)(u + BLOCK);
      for (int r = 0; r < rows; r++) {
        float x = v[r * BLOCK + c];
        sums[r][0] += x * u0;
        sums[r][1] += x * u1;
      }
    }
  for (int r = 0; r < rows; r++) {
    *(Lanes *)(m + r * BLOCK) = sums[r][0];
    *(Lanes *)(m + m_step + r * BLOCK) = sums[r][1];
  }
}

CLONES void winograd_product(WinogradTiles v, ptrdiff_t position, ptrdiff_t tile, ptrdiff_t tiles, ptrdiff_t first,
                             ptrdiff_t count, const float *u, bool adds, WinogradTiles m, ptrdiff_t block) {
  ptrdiff_t step = v.tiles * BLOCK, blocks = count / BLOCK, m_step = m.tiles * BLOCK;
  const float *from = v.data + position * v.position_step + first / BLOCK * step + tile * BLOCK;
  float *to = m.data + position * m.position_step + block * m_step;
  for (; tiles >= ROWS; tiles -= ROWS, from += ROWS * BLOCK, to += ROWS * BLOCK)
    tiles_by_panel(ROWS, from, step, blocks, u, adds, to, m_step);
  switch (tiles) {
    case 1: return tiles_by_panel(1, from, step, blocks, u, adds, to, m_step);
    case 2: return tiles_by_panel(2, from, step, blocks, u, adds, to, m_step);
    case 3: return tiles_by_panel(3, from, step, blocks, u, adds, to, m_step);
    case 4: return tiles_by_panel(4, from, step, blocks, u, adds, to, m_step);
    case 5: return tiles_by_panel(5, from, step, blocks, u, adds, to, m_step);
    default: return;
  }
}

/// `rows` channels of a panel, summed over tiles.
__attribute__((always_inline)) static inline void channels_by_panel(const int rows, const float *v,
                                                                    ptrdiff_t block_step, ptrdiff_t channel,
                                                                    const float *g, ptrdiff_t g_step, ptrdiff_t tiles,
                                                                    bool adds, float *u) {
  Lanes sums[ROWS][2];
  const float *from[ROWS];
  for (int r = 0; r < rows; r++) {
    from[r] = v + (channel + r) / BLOCK * block_step + (channel + r) % BLOCK;
    sums[r][0] = adds ? *(const Lanes *)(u + r * PANEL) : (Lanes){0};
    sums[r][1] = adds ? *(const Lanes *)(u + r * PANEL + BLOCK) : (Lanes){0};
  }
#pragma clang loop unroll_count(2)
  for (ptrdiff_t t = 0; t < tiles; t++) {
    Lanes g0 = *(const Lanes *)(g + t * BLOCK), g1 = *(const Lanes *)(g + g_step + t * BLOCK);
    for (int r = 0; r < rows; r++) {
      float x = from[r][t * BLOCK];
      sums[r][0] += x * g0;
      sums[r][1] += x * g1;
    }
  }
  for (int r = 0; r < rows; r++) {
    *(Lanes *)(u + r * PANEL) = sums[r][0];
    *(Lanes *)(u + r * PANEL + BLOCK) = sums[r][1];
  }
}

CLONES void winograd_tile_sum(WinogradTiles v, WinogradTiles g, ptrdiff_t position, ptrdiff_t tiles, ptrdiff_t first,
                              ptrdiff_t count, ptrdiff_t panel, bool adds, float *u) {
  const float *from = v.data + position * v.position_step;
  ptrdiff_t step = v.tiles * BLOCK, g_step = g.tiles * BLOCK, c = 0;
  const float *by = g.data + position * g.position_step + panel * (PANEL / BLOCK) * g_step;
  for (; c + ROWS <= count; c += ROWS, u += ROWS * PANEL)
    channels_by_panel(ROWS, from, step, first + c, by, g_step, tiles, adds, u);
  for (; c + 2 <= count; c += 2, u += 2 * PANEL)
    channels_by_panel(2, from, step, first + c, by, g_step, tiles, adds, u);
}
