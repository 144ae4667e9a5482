#include "CAnalysis.h"

#include <math.h>

// Eight doubles: one register with AVX-512, two with AVX2, four in the baseline. The loader picks the variant.
typedef double v8 __attribute__((vector_size(64), aligned(8)));

#if defined(__x86_64__)
#define VARIANTS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VARIANTS
#endif
#define INLINE static inline __attribute__((always_inline))

// Macros, because a vector argument would have a different ABI in each variant.
#define SUM(x) (((x)[0] + (x)[4]) + ((x)[1] + (x)[5]) + (((x)[2] + (x)[6]) + ((x)[3] + (x)[7])))
#define LOAD(p) (*(const v8 *)(p))

INLINE void exact(int dims, int64_t n, const double *y, int64_t begin, int64_t end, double *force, double *mass) {
  for (int64_t i = begin; i < end; i++) {
    v8 f[3] = {{0}}, z = {0};
    double t[3] = {0}, tz = 0;
    int64_t j = 0;
    for (; j + 8 <= n; j += 8) {
      v8 d[3], r = (v8){0} + 1;
      for (int c = 0; c < dims; c++) {
        d[c] = y[c * n + i] - LOAD(y + c * n + j);
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
        d[c] = y[c * n + i] - y[c * n + j];
        r += d[c] * d[c];
      }
      double q = 1 / r;
      tz += q;
      for (int c = 0; c < dims; c++) t[c] += q * q * d[c];
    }
    for (int c = 0; c < dims; c++) force[c * n + i] = SUM(f[c]) + t[c];
    mass[i] = SUM(z) + tz - 1;  // the point itself contributed one
  }
}

VARIANTS void faa_tsne_repulsion(int dims, int64_t n, const double *y, int64_t begin, int64_t end, double *force,
                                 double *mass) {
  if (dims == 2) exact(2, n, y, begin, end, force, mass);
  else exact(3, n, y, begin, end, force, mass);
}

// The unit of the walk is eight consecutive points in tree order: they are close together, share one list of
// cells, and fill the vector lanes. Lanes beyond the last point repeat it and are not stored.
INLINE void barnesHut(int dims, int64_t n, const double *y, const faa_tsne_cell *cells, int64_t cellCount,
                      double theta, int64_t begin, int64_t end, double *force, double *mass) {
  const double theta2 = theta * theta;
  for (int64_t i = begin; i < end; i += 8) {
    const int64_t lanes = end - i < 8 ? end - i : 8;
    v8 x[3], f[3] = {{0}}, z = {0};
    double low[3], high[3];
    for (int c = 0; c < dims; c++) {
      low[c] = INFINITY, high[c] = -INFINITY;
      for (int l = 0; l < 8; l++) {
        double v = y[c * n + i + (l < lanes ? l : lanes - 1)];
        x[c][l] = v;
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
        v8 d[3], r = (v8){0} + 1;
        for (int c = 0; c < dims; c++) {
          d[c] = x[c] - cell->center[c];
          r += d[c] * d[c];
        }
        v8 q = 1 / r, w = q * (double)(cell->end - cell->begin);
        z += w;
        w *= q;
        for (int c = 0; c < dims; c++) f[c] += w * d[c];
        k = cell->next;
      } else if (cell->leaf) {
        for (int64_t j = cell->begin; j < cell->end; j++) {
          v8 d[3], r = (v8){0} + 1;
          for (int c = 0; c < dims; c++) {
            d[c] = x[c] - y[c * n + j];
            r += d[c] * d[c];
          }
          v8 q = 1 / r;
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
      mass[i + l] = z[l] - 1;
    }
  }
}

VARIANTS void faa_tsne_repulsion_tree(int dims, int64_t n, const double *y, const faa_tsne_cell *cells,
                                      int64_t cellCount, double theta, int64_t begin, int64_t end, double *force,
                                      double *mass) {
  if (dims == 2) barnesHut(2, n, y, cells, cellCount, theta, begin, end, force, mass);
  else barnesHut(3, n, y, cells, cellCount, theta, begin, end, force, mass);
}

INLINE void attract(int dims, int64_t n, const double *y, const int64_t *rows, const int32_t *columns,
                    const double *p, int64_t begin, int64_t end, double *force) {
  for (int64_t i = begin; i < end; i++) {
    v8 f[3] = {{0}};
    double t[3] = {0};
    int64_t e = rows[i];
    const int64_t last = rows[i + 1];
    for (; e + 8 <= last; e += 8) {
      v8 d[3], r = (v8){0} + 1;
      for (int c = 0; c < dims; c++) {
        const double *axis = y + c * n;
        for (int l = 0; l < 8; l++) d[c][l] = axis[columns[e + l]];
        d[c] = axis[i] - d[c];
        r += d[c] * d[c];
      }
      v8 w = LOAD(p + e) / r;
      for (int c = 0; c < dims; c++) f[c] += w * d[c];
    }
    for (; e < last; e++) {
      double d[3], r = 1;
      for (int c = 0; c < dims; c++) {
        d[c] = y[c * n + i] - y[c * n + columns[e]];
        r += d[c] * d[c];
      }
      for (int c = 0; c < dims; c++) t[c] += p[e] / r * d[c];
    }
    for (int c = 0; c < dims; c++) force[c * n + i] = SUM(f[c]) + t[c];
  }
}

VARIANTS void faa_tsne_attraction(int dims, int64_t n, const double *y, const int64_t *rows,
                                  const int32_t *columns, const double *p, int64_t begin, int64_t end,
                                  double *force) {
  if (dims == 2) attract(2, n, y, rows, columns, p, begin, end, force);
  else attract(3, n, y, rows, columns, p, begin, end, force);
}

void faa_tsne_cost(int dims, int64_t n, const double *y, const int64_t *rows, const int32_t *columns,
                   const double *p, int64_t begin, int64_t end, double *cost) {
  for (int64_t i = begin; i < end; i++) {
    double total = 0;
    for (int64_t e = rows[i]; e < rows[i + 1]; e++) {
      double r = 1;
      for (int c = 0; c < dims; c++) {
        double d = y[c * n + i] - y[c * n + columns[e]];
        r += d * d;
      }
      if (p[e] > 0) total += p[e] * log(p[e] * r);
    }
    cost[i] = total;
  }
}
