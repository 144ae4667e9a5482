#include <math.h>

#include "CAnalysis.h"
#include "Vectors.h"

// The points attracted to lie together, point by point: one place in memory for each neighbour.
INLINE void attract(int dims, const double *y, int64_t m, const double *x, const int64_t *rows, const int32_t *columns,
                    const double *p, int64_t begin, int64_t end, double *force) {
  for (int64_t i = begin; i < end; i++) {
    v8 f[3] = {{0}};
    double t[3] = {0};
    int64_t e = rows[i];
    const int64_t last = rows[i + 1];
    for (; e + 8 <= last; e += 8) {
      v8 d[3], r = (v8){0} + 1;
      for (int l = 0; l < 8; l++) {
        const double *point = y + (int64_t)dims * columns[e + l];
        for (int c = 0; c < dims; c++) d[c][l] = point[c];
      }
      for (int c = 0; c < dims; c++) {
        d[c] = x[c * m + i] - d[c];
        r += d[c] * d[c];
      }
      v8 w = LOAD(p + e) / r;
      for (int c = 0; c < dims; c++) f[c] += w * d[c];
    }
    for (; e < last; e++) {
      double d[3], r = 1;
      for (int c = 0; c < dims; c++) {
        d[c] = x[c * m + i] - y[(int64_t)dims * columns[e] + c];
        r += d[c] * d[c];
      }
      for (int c = 0; c < dims; c++) t[c] += p[e] / r * d[c];
    }
    for (int c = 0; c < dims; c++) force[c * m + i] = SUM(f[c]) + t[c];
  }
}

VARIANTS void faa_tsne_attraction(int dims, const double *y, int64_t m, const double *x, const int64_t *rows,
                                  const int32_t *columns, const double *p, int64_t begin, int64_t end,
                                  double *force) {
  switch (dims) {
    case 1: attract(1, y, m, x, rows, columns, p, begin, end, force); break;
    case 2: attract(2, y, m, x, rows, columns, p, begin, end, force); break;
    default: attract(3, y, m, x, rows, columns, p, begin, end, force); break;
  }
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
