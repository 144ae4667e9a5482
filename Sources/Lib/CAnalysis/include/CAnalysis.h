#pragma once
#include <stdint.h>

// The loops of t-SNE and of the search for neighbours that take all the time, and one LAPACK routine. Coordinates of an embedding are
// stored by axis: axis c of point i is y[c * n + i]. `dims` is 1, 2 or 3. Every function handles begin ..< end and
// writes nothing outside, so that callers may share the work out among threads.

// ---- Repulsion and attraction -------------------------------------------------------------------------------

/// Exact repulsion of the points x (m of them) from the points y (n): force[c * m + i] = sum_j q_ij^2 (x_i - y_j) and
/// mass[i] = sum_j q_ij, with q_ij = 1 / (1 + |x_i - y_j|^2). A point among its own y adds one to its mass.
void faa_tsne_repulsion(int dims, int64_t n, const double *y, int64_t m, const double *x, int64_t begin,
                        int64_t end, double *force, double *mass);

/// One cell of the Barnes-Hut tree. Cells are stored depth first: the first child follows its parent, and
/// `next` is the index of the cell that follows the whole subtree.
typedef struct {
  double center[3];  // mean of the points in the cell
  double width2;     // squared largest side of the box around the points
  int32_t begin, end;  // the points, in tree order
  int32_t next;
  int32_t leaf;
} faa_tsne_cell;

/// Barnes-Hut repulsion of the points begin ..< end from all, given in tree order, sixteen at a time; the mass includes the point itself.
/// A cell stands for its points when width < theta * (distance from the box around the sixteen to the cell's centre).
void faa_tsne_repulsion_tree(int dims, int64_t n, const double *y, const faa_tsne_cell *cells,
                             int64_t cellCount, double theta, int64_t begin, int64_t end, double *force,
                             double *mass);

/// Attraction of the points x (m of them) to the points y, which are stored point by point: force[c * m + i] =
/// sum_j p_ij q_ij (x_i - y_j) over the entries rows[i] ..< rows[i + 1] of `columns` and `p`.
void faa_tsne_attraction(int dims, const double *y, int64_t m, const double *x, const int64_t *rows,
                         const int32_t *columns, const double *p, int64_t begin, int64_t end, double *force);

/// Point by point, cost[i] = sum_j p_ij log(p_ij (1 + |y_i - y_j|^2)): the Kullback-Leibler divergence is
/// the sum of these plus log(sum of masses), because the p_ij sum to one.
void faa_tsne_cost(int dims, int64_t n, const double *y, const int64_t *rows, const int32_t *columns,
                   const double *p, int64_t begin, int64_t end, double *cost);

// ---- Sums through a grid ------------------------------------------------------------------------------------
// Grids are n by n floats, rows along y; n = 2^a 3^b 5^c is a multiple of eight. `work` holds 32 n floats.

/// Cosines then sines of -2 pi t / n, for the functions below.
void faa_fourier_twiddles(int n, float *twiddles);
/// Transforms rows begin ..< end (multiples of eight) in place; the inverse lacks its factor 1 / n.
void faa_fourier_rows(int n, const float *twiddles, float *re, float *im, int begin, int end, int inverse, float *work);
/// Transforms columns begin ..< end (multiples of eight) in place.
void faa_fourier_columns(int n, const float *twiddles, float *re, float *im, int begin, int end, float *work);
/// For columns begin ..< end (multiples of eight) of which the first `used` elements are given and wanted, the others zero: transforms,
/// sums |w|^2 power into total[column / 8], multiplies by the factor, transforms back (without 1 / n).
void faa_grid_convolve(int n, const float *twiddles, int used, const float *power, const float *factor_re,
                       const float *factor_im, float *re, float *im, int begin, int end, double *total, float *work);
/// Adds one to the grid at every point, shared out among 4 by 4 nodes by cubic B-splines. The point (low_x, low_y) is at node (2, 2), and
/// 1 / scale is the distance of nodes.
void faa_grid_spread(int n, int64_t count, const double *x, const double *y, double low_x, double low_y, double scale,
                     float *grid);
/// The values of two grids at points begin ..< end, by the same splines.
void faa_grid_interpolate(int n, int64_t begin, int64_t end, const double *x, const double *y, double low_x,
                          double low_y, double scale, const float *re, const float *im, double *out_re,
                          double *out_im);

// ---- Neighbours ---------------------------------------------------------------------------------------------

/// The k smallest scores offered, ties by index: a heap with the worst on top, in memory the caller owns.
typedef struct {
  float *scores;
  int32_t *indices;
  int64_t k, count;
} faa_nearest;

/// Offers products[j] + norms[j] under the name names[j], or first + j without names; `except` is passed over.
void faa_nearest_offer(faa_nearest *list, int64_t count, const float *products, const float *norms, int32_t first,
                       const int32_t *names, int32_t except);
/// Sorts what was kept, smallest first.
void faa_nearest_sort(faa_nearest *list);
/// out = (x - centre) scale, rounded to floats; returns its squared length.
float faa_centred(int64_t count, const double *x, const double *centre, double scale, float *out);

/// LAPACK: selected eigenvalues and eigenvectors of a real symmetric matrix (found in OpenBLAS).
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
             const double *vl, const double *vu, const int *il, const int *iu, const double *abstol, int *m,
             double *w, double *z, const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork,
             const int *liwork, int *info);
