#include <math.h>

#include "CAnalysis.h"
#include "Vectors.h"

INLINE void exact(int dims, int64_t n, const double *y, int64_t m, const double *x, int64_t begin, int64_t end,
                  double *force, double *mass) {
  for (int64_t i = begin; i < end; i++) {
    v8 f[3] = {{0}}, z = {0};
    double t[3] = {0}, tz = 0;
    int64_t j = 0;
    for (; j + 8 <= n; j += 8) {
      v8 d[3], r = (v8){0} + 1;
      for (int c = 0; c < dims; c++) {
        d[c] = x[c * m + i] - LOAD(y + c * n + j);
        r += d[c] * d[c];
      }
      v8 q = 1 / r;
      z += q;
      q *= q;
      for (int c = 0; c < dims; c++) f[c] += q * d[c];
    }
    for (; j < n; j++) {
      double d[3], r = 1;
      for (int c = 0; c < dims; c++) {
        d[c] = x[c * m + i] - y[c * n + j];
        r += d[c] * d[c];
      }
      double q = 1 / r;
      tz += q;
      for (int c = 0; c < dims; c++) t[c] += q * q * d[c];
    }
    for (int c = 0; c < dims; c++) force[c * m + i] = SUM(f[c]) + t[c];
    mass[i] = SUM(z) + tz;
  }
}

VARIANTS void faa_tsne_repulsion(int dims, int64_t n, const double *y, int64_t m, const double *x, int64_t begin,
                                 int64_t end, double *force, double *mass) {
  switch (dims) {
    case 1: exact(1, n, y, m, x, begin, end, force, mass); break;
    case 2: exact(2, n, y, m, x, begin, end, force, mass); break;
    default: exact(3, n, y, m, x, begin, end, force, mass); break;
  }
}

// The unit of the walk is sixteen consecutive points in tree order: they are close together, share one list of
// cells, and fill the vector lanes. Lanes beyond the last point repeat it and are not stored. Places are taken from the
// first of them, so that single precision is enough: distances keep seven digits wherever the points are.
#define WALKERS 16

INLINE void barnesHut(int dims, int64_t n, const double *y, const faa_tsne_cell *cells, int64_t cellCount,
                      double theta, int64_t begin, int64_t end, double *force, double *mass) {
  const double theta2 = theta * theta;
  for (int64_t i = begin; i < end; i += WALKERS) {
    const int64_t lanes = end - i < WALKERS ? end - i : WALKERS;
    f16 x[3], f[3] = {{0}}, z = {0};
    double low[3], high[3], origin[3];
    for (int c = 0; c < dims; c++) {
      low[c] = INFINITY, high[c] = -INFINITY;
      origin[c] = y[c * n + i];
      for (int l = 0; l < WALKERS; l++) {
        double v = y[c * n + i + (l < lanes ? l : lanes - 1)];
        x[c][l] = (float)(v - origin[c]);
        low[c] = v < low[c] ? v : low[c];
        high[c] = v > high[c] ? v : high[c];
      }
    }
    for (int64_t k = 0; k < cellCount;) {
      const faa_tsne_cell *cell = cells + k;
      double gap2 = 0;
      for (int c = 0; c < dims; c++) {
        double below = low[c] - cell->center[c], above = cell->center[c] - high[c];
        double gap = below > 0 ? below : (above > 0 ? above : 0);
        gap2 += gap * gap;
      }
      if (cell->width2 < theta2 * gap2) {
        f16 d[3], r = (f16){0} + 1;
        for (int c = 0; c < dims; c++) {
          d[c] = x[c] - (float)(cell->center[c] - origin[c]);
          r += d[c] * d[c];
        }
        f16 q = 1 / r, w = q * (float)(cell->end - cell->begin);
        z += w;
        w *= q;
        for (int c = 0; c < dims; c++) f[c] += w * d[c];
        k = cell->next;
      } else if (cell->leaf) {
        for (int64_t j = cell->begin; j < cell->end; j++) {
          f16 d[3], r = (f16){0} + 1;
          for (int c = 0; c < dims; c++) {
            d[c] = x[c] - (float)(y[c * n + j] - origin[c]);
            r += d[c] * d[c];
          }
          f16 q = 1 / r;
          z += q;
          q *= q;
          for (int c = 0; c < dims; c++) f[c] += q * d[c];
        }
        k = cell->next;
      } else {
        k++;
      }
    }
    for (int l = 0; l < lanes; l++) {
      for (int c = 0; c < dims; c++) force[c * n + i + l] = f[c][l];
      mass[i + l] = z[l];
    }
  }
}

VARIANTS void faa_tsne_repulsion_tree(int dims, int64_t n, const double *y, const faa_tsne_cell *cells,
                                      int64_t cellCount, double theta, int64_t begin, int64_t end, double *force,
                                      double *mass) {
  switch (dims) {
    case 1: barnesHut(1, n, y, cells, cellCount, theta, begin, end, force, mass); break;
    case 2: barnesHut(2, n, y, cells, cellCount, theta, begin, end, force, mass); break;
    default: barnesHut(3, n, y, cells, cellCount, theta, begin, end, force, mass); break;
  }
}
