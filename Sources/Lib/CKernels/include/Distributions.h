// Random numbers of other distributions. Element i is a function of (seed, stream, draw + i) alone.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What `faa_random_fill` draws, and the meaning of its parameters.
typedef enum : int32_t {
  FaaNormal,           // mean a, standard deviation b
  FaaExponential,      // rate a
  FaaTruncatedNormal,  // the standard normal between a and b, by its quantile function
  FaaBernoulli,        // b with probability a, else 0
  FaaInteger,          // in a ..< b, |a|, |b| <= 2^31; the bias is below 2^-32
  FaaLogGamma,         // the logarithm of a gamma variate of shape a and scale b
} FaaDistribution;

/// Fills `out` (i32 for integers, bool or floats for Bernoulli, otherwise floats). From the 64 bits of element draw + i by
/// the inverse distribution function where there is one. Gamma variates reject: attempt k of an element uses block (k + 1) 2^48 +
/// draw + i of the stream, which no other number does as long as fewer than 2^48 are drawn.
void faa_random_fill(FaaDistribution distribution, FaaType type, double a, double b, uint64_t seed, uint64_t stream,
                     uint64_t draw, void *_Nonnull out, ptrdiff_t count);
/// out[r * count + j] is an index of row r drawn with probabilities proportional to the row of x, of [rows, n], all finite
/// and non-negative with a positive sum. An index of probability 0 is never drawn.
void faa_random_categorical(uint64_t seed, uint64_t stream, uint64_t draw, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t count,
                            const double *_Nonnull x, int32_t *_Nonnull out);

#ifdef __cplusplus
}
#endif
