// Gathers and their transposes, the scatters.
#include <string.h>

#include "Elementwise.h"

void faa_take(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n, const int32_t *index,
              const void *x, void *out) {
  size_t row = (size_t)inner * faa_size(type);
  for (ptrdiff_t o = 0; o < outer; o++)
    for (ptrdiff_t j = 0; j < n; j++)
      memcpy((char *)out + (size_t)(o * n + j) * row, (const char *)x + (size_t)(o * axis + index[j]) * row, row);
}

void faa_take_along(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n, const int32_t *index,
                    const void *x, void *out) {
  size_t size = faa_size(type);
  for (ptrdiff_t o = 0; o < outer; o++)
    for (ptrdiff_t j = 0; j < n; j++)
      for (ptrdiff_t i = 0; i < inner; i++) {
        ptrdiff_t to = (o * n + j) * inner + i, from = (o * axis + index[to]) * inner + i;
        memcpy((char *)out + (size_t)to * size, (const char *)x + (size_t)from * size, size);
      }
}

#define SCATTER(T)                                                                                     \
  for (ptrdiff_t o = 0; o < outer; o++)                                                                \
    for (ptrdiff_t j = 0; j < n; j++)                                                                  \
      for (ptrdiff_t i = 0; i < inner; i++) {                                                          \
        ptrdiff_t from = (o * n + j) * inner + i;                                                      \
        ((T *)out)[(o * axis + index[along ? from : j]) * inner + i] += ((const T *)g)[from];          \
      }

static void scatter(bool along, FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                    const int32_t *index, const void *g, void *out) {
  switch (type) {
    case FaaBool: SCATTER(uint8_t) break;
    case FaaI32: SCATTER(int32_t) break;
    case FaaF32: SCATTER(float) break;
    case FaaF64: SCATTER(double) break;
  }
}

void faa_take_transpose(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                        const int32_t *index, const void *g, void *out) {
  scatter(false, type, outer, axis, inner, n, index, g, out);
}

void faa_take_along_transpose(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                              const int32_t *index, const void *g, void *out) {
  scatter(true, type, outer, axis, inner, n, index, g, out);
}
