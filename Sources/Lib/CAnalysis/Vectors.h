// What the loops of this folder share: vectors of fixed width, and a variant of each loop for each instruction set.
#pragma once

#if defined(__x86_64__)
#define VARIANTS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VARIANTS
#endif
#define INLINE static inline __attribute__((always_inline))

// Eight doubles: one register with AVX-512, two with AVX2, four in the baseline. The loader picks the variant.
typedef double v8 __attribute__((vector_size(64), aligned(8)));
// Sixteen, eight and four floats.
typedef float f16 __attribute__((vector_size(64), aligned(4)));
typedef float f8 __attribute__((vector_size(32), aligned(4)));
typedef float f4 __attribute__((vector_size(16), aligned(4)));

// Macros, because a vector argument would have a different ABI in each variant.
#define SUM(x) (((x)[0] + (x)[4]) + ((x)[1] + (x)[5]) + (((x)[2] + (x)[6]) + ((x)[3] + (x)[7])))
#define LOAD(p) (*(const v8 *)(p))
