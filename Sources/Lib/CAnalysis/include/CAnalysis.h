#pragma once
#include <stdint.h>

// The two loops of t-SNE that take all the time, and one LAPACK routine. Coordinates are stored by axis:
// axis c of point i is y[c * n + i]. `dims` is 2 or 3. Every function handles the points begin ..< end and
// adds nothing to memory outside them, so that callers may share the points out among threads.

/// Exact repulsion: force[c * n + i] = sum_j q_ij^2 (y_i - y_j), and mass[i] = sum_{j != i} q_ij, with
/// q_ij = 1 / (1 + |y_i - y_j|^2).
void faa_tsne_repulsion(int dims, int64_t n, const double *y, int64_t begin, int64_t end, double *force,
                        double *mass);

/// One cell of the Barnes-Hut tree. Cells are stored depth first: the first child follows its parent, and
/// `next` is the index of the cell that follows the whole subtree.
typedef struct {
  double center[3];  // mean of the points in the cell
  double width2;     // squared largest side of the box around the points
  int32_t begin, end;  // the points, in tree order
  int32_t next;
  int32_t leaf;
} faa_tsne_cell;

/// Barnes-Hut repulsion of the points begin ..< end, given in tree order, eight at a time. A cell stands for
/// its points when width < theta * (distance from the box around the eight to the cell's centre).
void faa_tsne_repulsion_tree(int dims, int64_t n, const double *y, const faa_tsne_cell *cells,
                             int64_t cellCount, double theta, int64_t begin, int64_t end, double *force,
                             double *mass);

/// Attraction: force[c * n + i] = sum_j p_ij q_ij (y_i - y_j) over the stored neighbours of i.
void faa_tsne_attraction(int dims, int64_t n, const double *y, const int64_t *rows, const int32_t *columns,
                         const double *p, int64_t begin, int64_t end, double *force);

/// Point by point, cost[i] = sum_j p_ij log(p_ij (1 + |y_i - y_j|^2)): the Kullback-Leibler divergence is
/// the sum of these plus log(sum of masses), because the p_ij sum to one.
void faa_tsne_cost(int dims, int64_t n, const double *y, const int64_t *rows, const int32_t *columns,
                   const double *p, int64_t begin, int64_t end, double *cost);

/// LAPACK: selected eigenvalues and eigenvectors of a real symmetric matrix (found in OpenBLAS).
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
             const double *vl, const double *vu, const int *il, const int *iu, const double *abstol, int *m,
             double *w, double *z, const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork,
             const int *liwork, int *info);
