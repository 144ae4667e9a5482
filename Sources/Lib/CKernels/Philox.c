// The generator under all random numbers: one block, and many side by side in vector registers.
#include "Philox.h"

#include "Elementwise.h"

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define KEY_STEP_0 0x9E3779B9u
#define KEY_STEP_1 0xBB67AE85u
#define BLOCKS (PHILOX_BATCH / 2 + 1)  // an odd first element needs half a block more

void faa_philox(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0, p1 = (uint64_t)MULTIPLIER_1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    k0 += KEY_STEP_0;
    k1 += KEY_STEP_1;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

CLONES void faa_philox_bits(uint64_t key, uint64_t stream, uint64_t first, ptrdiff_t count, uint64_t *out) {
  // 64-bit lanes, of which the multiplications use the low halves.
  uint64_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
  ptrdiff_t blocks = (ptrdiff_t)((first + (uint64_t)count + 1) / 2 - first / 2);
  for (ptrdiff_t i = 0; i < blocks; i++) {
    uint64_t counter = first / 2 + (uint64_t)i;
    c0[i] = (uint32_t)counter;
    c1[i] = counter >> 32;
    c2[i] = (uint32_t)stream;
    c3[i] = stream >> 32;
  }
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (ptrdiff_t i = 0; i < blocks; i++) {
      uint64_t p0 = MULTIPLIER_0 * c0[i], p1 = MULTIPLIER_1 * c2[i];
      c0[i] = (p1 >> 32) ^ c1[i] ^ k0;
      c2[i] = (p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = (uint32_t)p1;
      c3[i] = (uint32_t)p0;
    }
    k0 += KEY_STEP_0;
    k1 += KEY_STEP_1;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    uint64_t at = first + (uint64_t)i, block = at / 2 - first / 2;
    out[i] = at % 2 ? c2[block] << 32 | c3[block] : c0[block] << 32 | c1[block];
  }
}
