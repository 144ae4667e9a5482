// Eight channels a vector. Images lie plane after plane; where planes are small or every channel has weights of its own, kernels turn
// eight planes into cells, one vector for each pixel, and back.
#pragma once
#include "Elementwise.h"

#define INLINE __attribute__((always_inline)) static inline
#define BLOCK 8  // channels of a vector

/// A vector over channels.
typedef float Lanes __attribute__((vector_size(BLOCK * sizeof(float)), aligned(sizeof(float))));

/// Transposes eight vectors.
INLINE void turn(Lanes *r) {
  Lanes t[BLOCK], s[BLOCK];
  for (int i = 0; i < BLOCK; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < BLOCK; i += 4)
    for (int j = 0; j < 2; j++) {
      s[i + 2 * j] = __builtin_shufflevector(t[i + j], t[i + 2 + j], 0, 1, 8, 9, 4, 5, 12, 13);
      s[i + 2 * j + 1] = __builtin_shufflevector(t[i + j], t[i + 2 + j], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(s[i], s[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(s[i], s[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Writes `count` elements of eight planes, which are `plane` apart, into cells; `gap` cells are left out after every `width`.
INLINE void spread(const float *planes, ptrdiff_t plane, ptrdiff_t width, ptrdiff_t count, ptrdiff_t gap, Lanes *cell) {
  ptrdiff_t x = 0, i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    Lanes r[BLOCK];
    for (int l = 0; l < BLOCK; l++) r[l] = *(const Lanes *)(planes + l * plane + i);
    turn(r);
    for (int l = 0; l < BLOCK; l++) {
      *cell++ = r[l];
      if (++x == width) x = 0, cell += gap;
    }
  }
  for (; i < count; i++) {
    for (int l = 0; l < BLOCK; l++) ((float *)cell)[l] = planes[l * plane + i];
    cell++;
    if (++x == width) x = 0, cell += gap;
  }
}

/// Its inverse.
INLINE void collect(const Lanes *cell, ptrdiff_t gap, ptrdiff_t width, ptrdiff_t count, float *planes, ptrdiff_t plane) {
  ptrdiff_t x = 0, i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    Lanes r[BLOCK];
    for (int l = 0; l < BLOCK; l++) {
      r[l] = *cell++;
      if (++x == width) x = 0, cell += gap;
    }
    turn(r);
    for (int l = 0; l < BLOCK; l++) *(Lanes *)(planes + l * plane + i) = r[l];
  }
  for (; i < count; i++) {
    for (int l = 0; l < BLOCK; l++) planes[l * plane + i] = ((const float *)cell)[l];
    cell++;
    if (++x == width) x = 0, cell += gap;
  }
}
