// Sorting of rows.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The stable argsort of each row of [rows, n], as i32. NaN counts as the largest: last ascending, first descending; equal
/// elements (0 and -0 among them) keep their order in both. Returns 1 where there is no memory for the scratch space.
int faa_argsort(FaaType type, bool descending, ptrdiff_t rows, ptrdiff_t n, const void *_Nonnull x,
                int32_t *_Nonnull out);

/// The first `k` of the argsort of each row of [rows, n], descending where `largest`, as i32 in [rows, k]; k is at most n. The same
/// indices as those of `faa_argsort`, found in one reading of the row where k is small beside n. Returns 1 where there is no memory.
int faa_argselect(FaaType type, bool largest, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const void *_Nonnull x,
                  int32_t *_Nonnull out);

#ifdef __cplusplus
}
#endif
