// Fused loss kernels.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The cross-entropy of each row of logits x of [rows, n] with a class index: with log p = x - logsumexp(x),
/// out[r] = -on w[y] log p[y] - off sum_c w[c] log p[c], and 0 where y[r] < 0. `weights` (n of the type) may be NULL for ones.
int faa_cross_entropy(FaaType type, ptrdiff_t rows, ptrdiff_t n, double on, double off, const int32_t *_Nonnull y,
                      const void *_Nullable weights, const void *_Nonnull x, void *_Nonnull out);
/// Its vector-Jacobian product for the cotangents g of [rows].
int faa_cross_entropy_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double on, double off, const int32_t *_Nonnull y,
                          const void *_Nullable weights, const void *_Nonnull g, const void *_Nonnull x,
                          void *_Nonnull out);

#ifdef __cplusplus
}
#endif
