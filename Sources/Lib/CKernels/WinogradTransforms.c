// The transforms of Winograd's convolution, over eight channels at a time. Images lie channel after channel, so a strip is first turned
// into cells of eight channels.
#include <string.h>

#include "Winograd.h"

// ---- One axis. The points, and N(p), the product of p - q over the other finite points. -----------------------

#ifndef PA
#define PA 0.70710678118654752440
#define PB 1.41421356237309504880
#endif
#define A1 ((float)(PA))
#define A2 ((float)(PA * PA))
#define A3 ((float)(PA * PA * PA))
#define B1 ((float)(PB))
#define B2 ((float)(PB * PB))
#define B3 ((float)(PB * PB * PB))
#define SUM2 ((float)(PA * PA + PB * PB))
#define PRODUCT2 ((float)(PA * PA * PB * PB))
#define N0 (PA * PA * PB * PB)
#define NA (2 * PA * PA * (PA * PA - PB * PB))
#define NB (2 * PB * PB * (PB * PB - PA * PA))

/// B': the six values of a polynomial of inputs.
INLINE void input_axis(const Lanes *x, ptrdiff_t step, Lanes *to, ptrdiff_t to_step) {
  Lanes x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
  Lanes even_a = x4 - B2 * x2, odd_a = x3 - B2 * x1, even_b = x4 - A2 * x2, odd_b = x3 - A2 * x1;
  to[0] = x4 - SUM2 * x2 + PRODUCT2 * x0;
  to[to_step] = even_a + A1 * odd_a;
  to[2 * to_step] = even_a - A1 * odd_a;
  to[3 * to_step] = even_b + B1 * odd_b;
  to[4 * to_step] = even_b - B1 * odd_b;
  to[5 * to_step] = x5 - SUM2 * x3 + PRODUCT2 * x1;
}

/// A: the six values of the polynomial of four cotangents.
INLINE void cotangent_axis(const Lanes *y, ptrdiff_t step, Lanes *to, ptrdiff_t to_step) {
  Lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  Lanes even_a = y0 + A2 * y2, odd_a = y1 + A2 * y3, even_b = y0 + B2 * y2, odd_b = y1 + B2 * y3;
  to[0] = y0;
  to[to_step] = even_a + A1 * odd_a;
  to[2 * to_step] = even_a - A1 * odd_a;
  to[3 * to_step] = even_b + B1 * odd_b;
  to[4 * to_step] = even_b - B1 * odd_b;
  to[5 * to_step] = y3;
}

/// A': four results of the six products.
INLINE void result_axis(const Lanes *m, ptrdiff_t step, Lanes *to, ptrdiff_t to_step) {
  Lanes m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  Lanes even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
  to[0] = m[0] + even_a + even_b;
  to[to_step] = A1 * odd_a + B1 * odd_b;
  to[2 * to_step] = A2 * even_a + B2 * even_b;
  to[3 * to_step] = A3 * odd_a + B3 * odd_b + m[5 * step];
}

/// G: the six values of the polynomial of three weights.
INLINE void weight_axis(const Lanes *w, ptrdiff_t step, Lanes *to, ptrdiff_t to_step) {
  Lanes w0 = w[0], w1 = w[step], w2 = w[2 * step];
  Lanes even_a = (float)(1 / NA) * w0 + (float)(PA * PA / NA) * w2, odd_a = (float)(PA / NA) * w1;
  Lanes even_b = (float)(1 / NB) * w0 + (float)(PB * PB / NB) * w2, odd_b = (float)(PB / NB) * w1;
  to[0] = (float)(1 / N0) * w0;
  to[to_step] = even_a + odd_a;
  to[2 * to_step] = even_a - odd_a;
  to[3 * to_step] = even_b + odd_b;
  to[4 * to_step] = even_b - odd_b;
  to[5 * to_step] = w2;
}

/// G': the cotangents of three weights.
INLINE void weight_gradient_axis(const Lanes *u, ptrdiff_t step, Lanes *to, ptrdiff_t to_step) {
  Lanes u1 = u[step], u2 = u[2 * step], u3 = u[3 * step], u4 = u[4 * step];
  Lanes even_a = u1 + u2, odd_a = u1 - u2, even_b = u3 + u4, odd_b = u3 - u4;
  to[0] = (float)(1 / N0) * u[0] + (float)(1 / NA) * even_a + (float)(1 / NB) * even_b;
  to[to_step] = (float)(PA / NA) * odd_a + (float)(PB / NB) * odd_b;
  to[2 * to_step] = (float)(PA * PA / NA) * even_a + (float)(PB * PB / NB) * even_b + u[5 * step];
}

// ---- Strips -------------------------------------------------------------------------------------------------

/// Fills cells with tile rows first ..< last of one image, zeros around it. A tile has `reach` cells more than TILE along an axis.
INLINE ptrdiff_t paint(const WinogradImages *s, const float *planes, ptrdiff_t first, ptrdiff_t last, ptrdiff_t reach,
                       Lanes *cells) {
  ptrdiff_t row = s->tile_columns * TILE + reach, rows = (last - first) * TILE + reach;
  ptrdiff_t top = first * TILE - s->top;  // the image's row that is the first of the cells
  ptrdiff_t from = top < 0 ? 0 : top, to = top + rows < s->height ? top + rows : s->height;
  if (to < from) to = from;
  ptrdiff_t gap = row - s->width;
  memset(cells, 0, (size_t)((from - top) * row) * sizeof(Lanes));
  Lanes *inside = cells + (from - top) * row;
  for (ptrdiff_t y = from; y < to; y++, inside += row) {
    memset(inside, 0, (size_t)s->left * sizeof(Lanes));
    memset(inside + s->left + s->width, 0, (size_t)(gap - s->left) * sizeof(Lanes));
  }
  memset(inside, 0, (size_t)(rows - (to - top)) * (size_t)row * sizeof(Lanes));
  spread(planes + from * s->width, s->height * s->width, s->width, (to - from) * s->width, gap,
         cells + (from - top) * row + s->left);
  return row;
}

size_t winograd_scratch_bytes(const WinogradImages *s, ptrdiff_t strips) {
  ptrdiff_t rows = (strips < s->tile_rows ? strips : s->tile_rows) * TILE + HALO, row = s->tile_columns * TILE + HALO;
  return (size_t)(rows * row) * sizeof(Lanes);
}

/// The strips from `strip` on that belong to the same image as it.
static ptrdiff_t run_end(const WinogradImages *s, ptrdiff_t strip, ptrdiff_t last) {
  ptrdiff_t end = (strip / s->tile_rows + 1) * s->tile_rows;
  return end < last ? end : last;
}

static ptrdiff_t plane_of(const WinogradImages *s, ptrdiff_t strip, ptrdiff_t block) {
  return (strip / s->tile_rows * s->channels + block * BLOCK) * s->height * s->width;
}

// ---- Tiles --------------------------------------------------------------------------------------------------

#define TRANSFORM(name, axis, size)                                                                                  \
  CLONES void name(const WinogradImages *s, const float *x, ptrdiff_t first, ptrdiff_t last, ptrdiff_t block,        \
                   float *scratch, WinogradTiles out, ptrdiff_t tile) {                                              \
    Lanes *cells = (Lanes *)scratch;                                                                                 \
    ptrdiff_t step = out.position_step / BLOCK;                                                                      \
    Lanes *to = (Lanes *)out.data + block * out.tiles + tile;                                                        \
    for (ptrdiff_t strip = first, end; strip < last; strip = end) {                                                  \
      end = run_end(s, strip, last);                                                                                 \
      ptrdiff_t begin = strip % s->tile_rows;                                                                        \
      ptrdiff_t row = paint(s, x + plane_of(s, strip, block), begin, begin + end - strip, size - TILE, cells);       \
      for (ptrdiff_t y = 0; y < end - strip; y++)                                                                    \
        for (ptrdiff_t c = 0; c < s->tile_columns; c++, to++) {                                                      \
          const Lanes *from = cells + y * TILE * row + c * TILE;                                                     \
          Lanes half[6 * size];                                                                                      \
          for (int j = 0; j < size; j++) axis(from + j, row, half + j, size);                                        \
          for (int i = 0; i < 6; i++) axis(half + i * size, 1, to + 6 * i * step, step);                             \
        }                                                                                                            \
    }                                                                                                                \
  }

TRANSFORM(winograd_inputs, input_axis, (TILE + HALO))
TRANSFORM(winograd_cotangents, cotangent_axis, TILE)

CLONES bool winograd_results(const WinogradImages *s, WinogradTiles m, ptrdiff_t tile, ptrdiff_t from_block,
                             ptrdiff_t first, ptrdiff_t last, ptrdiff_t block, const float *bias, float *scratch,
                             float *out) {
  Lanes *cells = (Lanes *)scratch;
  ptrdiff_t step = m.position_step / BLOCK, row = s->tile_columns * TILE;
  const Lanes *from = (const Lanes *)m.data + from_block * m.tiles + tile;
  Lanes start = bias ? *(const Lanes *)(bias + block * BLOCK) : (Lanes){0};
  Lanes nothing = {0};  // stays 0 unless a result is infinite or NaN
  for (ptrdiff_t strip = first, end; strip < last; strip = end) {
    end = run_end(s, strip, last);
    ptrdiff_t begin = strip % s->tile_rows;
    for (ptrdiff_t y = 0; y < end - strip; y++)
      for (ptrdiff_t c = 0; c < s->tile_columns; c++, from++) {
        Lanes half[TILE * 6];
        for (int j = 0; j < 6; j++) result_axis(from + j * step, 6 * step, half + j, 6);
        for (int i = 0; i < TILE; i++) {
          Lanes *to = cells + (y * TILE + i) * row + c * TILE, result[TILE];
          result_axis(half + i * 6, 1, result, 1);
          for (int j = 0; j < TILE; j++) {
            nothing += 0.0f * result[j];
            to[j] = result[j] + start;
          }
        }
      }
    ptrdiff_t top = begin * TILE, bottom = (begin + end - strip) * TILE;
    if (bottom > s->height) bottom = s->height;
    collect(cells, row - s->width, s->width, (bottom - top) * s->width, out + plane_of(s, strip, block) + top * s->width,
            s->height * s->width);
  }
  float sum = 0;
  for (int l = 0; l < BLOCK; l++) sum += nothing[l];
  return sum == 0;
}

// ---- Weights ------------------------------------------------------------------------------------------------

#define TAPS 9
#define HALVES (PANEL / BLOCK)
#define CHANNELS 32  // in channels whose weights are turned into lanes at once

CLONES void winograd_weights(const float *w, ptrdiff_t out_channels, ptrdiff_t in_channels, bool turned, ptrdiff_t panel,
                             ptrdiff_t first, ptrdiff_t count, float *u, ptrdiff_t position_step) {
  Lanes taps[HALVES][CHANNELS * TAPS];
  ptrdiff_t out = panel * PANEL;
  for (ptrdiff_t from = 0; from < count; from += CHANNELS) {
    ptrdiff_t channels = count - from < CHANNELS ? count - from : CHANNELS, in = first + from;
    for (ptrdiff_t half = 0; half < HALVES; half++, out += BLOCK) {
      if (turned)
        for (ptrdiff_t c = 0; c < channels; c++)
          spread(w + ((in + c) * out_channels + out) * TAPS, TAPS, TAPS, TAPS, 0, taps[half] + c * TAPS);
      else
        spread(w + (out * in_channels + in) * TAPS, in_channels * TAPS, channels * TAPS, channels * TAPS, 0, taps[half]);
    }
    out = panel * PANEL;
    for (ptrdiff_t c = 0; c < channels; c++)
      for (ptrdiff_t half = 0; half < HALVES; half++) {
        Lanes kernel[TAPS], part[6 * 3], whole[6], *to = (Lanes *)u + (from + c) * HALVES + half;
        for (int t = 0; t < TAPS; t++) kernel[t] = taps[half][c * TAPS + (turned ? TAPS - 1 - t : t)];
        for (int j = 0; j < 3; j++) weight_axis(kernel + j, 3, part + j, 3);
        for (int i = 0; i < 6; i++) {
          weight_axis(part + 3 * i, 1, whole, 1);
          for (int j = 0; j < 6; j++) to[(6 * i + j) * (position_step / BLOCK)] = whole[j];
        }
      }
  }
}

CLONES bool winograd_weight_gradient(const float *u, ptrdiff_t position_step, ptrdiff_t in_channels, ptrdiff_t panel,
                                     ptrdiff_t first, ptrdiff_t count, float *w) {
  Lanes taps[HALVES][CHANNELS * TAPS], nothing = {0};
  ptrdiff_t step = position_step / BLOCK;
  for (ptrdiff_t at = 0; at < count; at += CHANNELS) {
    ptrdiff_t channels = count - at < CHANNELS ? count - at : CHANNELS;
    for (ptrdiff_t c = 0; c < channels; c++)
      for (ptrdiff_t half = 0; half < HALVES; half++) {
        const Lanes *from = (const Lanes *)u + (at + c) * HALVES + half;
        Lanes part[3 * 6], *to = taps[half] + c * TAPS;
        for (int j = 0; j < 6; j++) weight_gradient_axis(from + j * step, 6 * step, part + j, 6);
        for (int i = 0; i < 3; i++) weight_gradient_axis(part + 6 * i, 1, to + 3 * i, 1);
        for (int t = 0; t < TAPS; t++) nothing += 0.0f * to[t];
      }
    for (ptrdiff_t half = 0; half < HALVES; half++)
      collect(taps[half], 0, channels * TAPS, channels * TAPS,
              w + ((panel * PANEL + half * BLOCK) * in_channels + first + at) * TAPS, in_channels * TAPS);
  }
  float sum = 0;
  for (int l = 0; l < BLOCK; l++) sum += nothing[l];
  return sum == 0;
}
