// The fastest multiply-adds this core can do: ten accumulators hide the latency of two units of latency four and fit in
// the sixteen registers of AVX2. `x * a + b` becomes one FMA where the target has it.
#include "CPeak.h"

#define ACCUMULATORS 10

#define MULTIPLY_ADDS(name, isa, lanes)                                                   \
  __attribute__((target(isa))) static long name(long rounds, float *sink) {               \
    typedef float Vector __attribute__((vector_size(lanes * 4)));                         \
    Vector x[ACCUMULATORS], a, b, sum = {0};                                              \
    for (int i = 0; i < lanes; i++) a[i] = 0.999f + sink[0], b[i] = 0.001f + sink[0];     \
    for (int i = 0; i < ACCUMULATORS; i++) x[i] = b * (float)i;                           \
    for (long round = 0; round < rounds; round++) {                                       \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < ACCUMULATORS; i++)           \
        x[i] = x[i] * a + b;                                                              \
    }                                                                                     \
    for (int i = 0; i < ACCUMULATORS; i++) sum += x[i];                                   \
    sink[0] = 0 * sum[0];                                                                 \
    return 2L * lanes * ACCUMULATORS;                                                     \
  }

#ifdef __x86_64__
MULTIPLY_ADDS(avx512, "avx512f", 16)
MULTIPLY_ADDS(avx2, "avx2,fma", 8)

long peak_multiply_adds(long rounds, float *sink) {
  if (__builtin_cpu_supports("avx512f")) return avx512(rounds, sink);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2(rounds, sink);
  return 0;
}
#elif defined(__aarch64__)
MULTIPLY_ADDS(neon, "neon", 4)

long peak_multiply_adds(long rounds, float *sink) { return neon(rounds, sink); }
#else
long peak_multiply_adds(long rounds, float *sink) { return 0; }
#endif
