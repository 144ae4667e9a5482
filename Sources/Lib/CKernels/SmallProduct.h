// Products too small to repay packing. Internal.
#pragma once

#include "CKernels.h"

/// The multiplications of a product below which the pool does not repay its waking.
#define SHARED_PRODUCT 3e5

/// Whether `faa_small_product` is the fastest way, or as fast as any.
bool faa_is_small_product(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b);
/// out = A B of m x k and k x n, f32 or f64, on this thread; plus a row of n numbers or, where it `adds`, what `out` held.
void faa_small_product(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b, const void *bias,
                       bool adds, void *out);
