// Uniform and normal numbers from Philox blocks: two elements a block.
#include <math.h>

#include "Elementwise.h"
#include "Philox.h"

void faa_random_words(uint64_t seed, uint64_t stream, uint64_t draw, uint32_t *out, ptrdiff_t count) {
  uint32_t block[4];
  uint64_t have = UINT64_MAX;
  for (ptrdiff_t i = 0; i < count; i++) {
    uint64_t word = draw + (uint64_t)i;
    if (word / 4 != have) {
      have = word / 4;
      faa_philox(seed, stream, have, block);
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

static void fill_batch(const Fill *f, ptrdiff_t first, ptrdiff_t count) {
  uint64_t bits[PHILOX_BATCH];
  faa_philox_bits(f->seed, f->stream, f->draw + (uint64_t)first, count, bits);
  float *single = (float *)f->out + first;
  double *twice = (double *)f->out + first;
  if (f->normal) {
    for (ptrdiff_t i = 0; i < count; i++) {
      // Radius from the high word, angle from the low one; + 1/2 keeps the logarithm finite.
      double radius = sqrt(-2 * log(((double)(bits[i] >> 32) + 0.5) * 0x1p-32));
      double value = radius * cos(6.283185307179586477 * (double)(uint32_t)bits[i] * 0x1p-32);
      if (f->type == FaaF32)
        single[i] = (float)value;
      else
        twice[i] = value;
    }
  } else if (f->type == FaaF32) {
    for (ptrdiff_t i = 0; i < count; i++) single[i] = (float)(int32_t)(bits[i] >> 40) * 0x1p-24f;
  } else {
    for (ptrdiff_t i = 0; i < count; i++) twice[i] = (double)(bits[i] >> 11) * 0x1p-53;
  }
}

static void fill_chunk(void *context, ptrdiff_t chunk) {
  const Fill *f = context;
  ptrdiff_t first = chunk * DEAR_GRAIN, last = first + DEAR_GRAIN;
  if (last > f->count) last = f->count;
  for (ptrdiff_t i = first; i < last; i += PHILOX_BATCH)
    fill_batch(f, i, last - i < PHILOX_BATCH ? last - i : PHILOX_BATCH);
}

void faa_random_uniform(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *out, ptrdiff_t count) {
  Fill fill = {type, false, seed, stream, draw, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, fill_chunk, &fill);
}

void faa_random_normal(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *out, ptrdiff_t count) {
  Fill fill = {type, true, seed, stream, draw, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, fill_chunk, &fill);
}
