// The gamma function's logarithm and its derivatives.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// ln|gamma(x)| for order -1, and its derivatives for order 0 (digamma) and above, of `count` floats. NaN below -1000 for order 0 and
/// above.
void faa_polygamma(FaaType type, int order, const void *_Nonnull x, void *_Nonnull out, ptrdiff_t count);

#ifdef __cplusplus
}
#endif
