// Philox4x32-10: a keyed bijection of a 128-bit counter, so draw number i of a stream can be computed by anyone,
// anywhere, in any order (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC11).
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The four words of block `counter`.
void faa_philox(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]);

#define PHILOX_BATCH 128
/// The 64 bits of elements first ..< first + count, two to a block; count is at most PHILOX_BATCH.
void faa_philox_bits(uint64_t key, uint64_t stream, uint64_t first, ptrdiff_t count, uint64_t *out);
