// Factorisations and solutions of batches of matrices, by LAPACK (which OpenBLAS contains).
//
// Matrices are contiguous and row-major, one after the other. `info` receives for each matrix 0, or LAPACK's complaint: the
// number (from 1) of the pivot that failed, or what did not converge. Each function returns 0, or 1 without memory.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The lower factor L of A = L L^T from A's lower triangle; the rest of `out` is 0.
int faa_cholesky(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out,
                 int32_t *_Nonnull info);
/// The triangular factors, in one matrix, and the row exchanges (from 1) of the transpose of each matrix. `info` is the first
/// pivot that is exactly 0.
int faa_lu(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out,
           int32_t *_Nonnull pivots, int32_t *_Nonnull info);
/// Solves A x = b, or A^T x = b, for the rows b of each [count, n] in place, with the result of `faa_lu`.
int faa_lu_solve(FaaType type, bool transposed, ptrdiff_t batch, ptrdiff_t n, ptrdiff_t count, const void *_Nonnull lu,
                 const int32_t *_Nonnull pivots, void *_Nonnull x, int32_t *_Nonnull info);
/// Solves T X = B, or T^T X = B, in place for each [n, count] B, looking at one triangle of T only.
int faa_triangular_solve(FaaType type, bool lower, bool transposed, bool unit, ptrdiff_t batch, ptrdiff_t n,
                         ptrdiff_t count, const void *_Nonnull triangle, void *_Nonnull x, int32_t *_Nonnull info);
/// Eigenvalues in ascending order, then the eigenvectors as rows: [n + 1, n] a matrix. Reads the lower triangle; the component of
/// largest magnitude of each vector (the first of equals) is positive.
int faa_eigh(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out,
             int32_t *_Nonnull info);
/// U [m, k], the singular values in descending order [1, k] and V [n, k], k = min(m, n): [m + 1 + n, k] a matrix. The
/// component of largest magnitude of each column of U (the first of equals) is positive.
int faa_svd(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out,
            int32_t *_Nonnull info);
/// Q [m, n] and R [n, n] with a non-negative diagonal, for m >= n: [m + n, n] a matrix.
int faa_qr(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out,
           int32_t *_Nonnull info);

#ifdef __cplusplus
}
#endif
