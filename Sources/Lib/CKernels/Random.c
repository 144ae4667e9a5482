// Philox4x32-10: a keyed bijection of a 128-bit counter, so draw number i of a stream can be computed by anyone,
// anywhere, in any order (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC11).
#include <math.h>

#include "Elementwise.h"

static void philox(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

void faa_random_words(uint64_t seed, uint64_t stream, uint64_t draw, uint32_t *out, ptrdiff_t count) {
  uint32_t block[4];
  uint64_t have = UINT64_MAX;
  for (ptrdiff_t i = 0; i < count; i++) {
    uint64_t word = draw + (uint64_t)i;
    if (word / 4 != have) {
      have = word / 4;
      philox(seed, stream, have, block);
    }
    out[i] = block[word % 4];
  }
}

typedef struct {
  FaaType type;
  bool normal;
  uint64_t seed, stream, draw;
  void *out;
  ptrdiff_t count;
} Fill;

static void fill_chunk(void *context, ptrdiff_t chunk) {
  const Fill *f = context;
  ptrdiff_t first = chunk * DEAR_GRAIN, last = first + DEAR_GRAIN;
  if (last > f->count) last = f->count;
  uint32_t block[4];
  uint64_t have = UINT64_MAX;
  for (ptrdiff_t i = first; i < last; i++) {
    uint64_t element = f->draw + (uint64_t)i;
    if (element / 2 != have) {
      have = element / 2;
      philox(f->seed, f->stream, have, block);
    }
    uint64_t bits = (uint64_t)block[element % 2 * 2] << 32 | block[element % 2 * 2 + 1];
    double value;
    if (f->normal) {
      // Radius from the high word, angle from the low one; + 1/2 keeps the logarithm finite.
      double radius = sqrt(-2 * log(((double)(bits >> 32) + 0.5) * 0x1p-32));
      value = radius * cos(6.283185307179586477 * (double)(uint32_t)bits * 0x1p-32);
    } else {
      value = f->type == FaaF32 ? (double)(bits >> 40) * 0x1p-24 : (double)(bits >> 11) * 0x1p-53;
    }
    if (f->type == FaaF32)
      ((float *)f->out)[i] = (float)value;
    else
      ((double *)f->out)[i] = value;
  }
}

void faa_random_uniform(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *out, ptrdiff_t count) {
  Fill fill = {type, false, seed, stream, draw, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, fill_chunk, &fill);
}

void faa_random_normal(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *out, ptrdiff_t count) {
  Fill fill = {type, true, seed, stream, draw, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, fill_chunk, &fill);
}
