// Sums over all pairs of points through a grid: charges are spread to nodes by cubic B-splines, the nodes are convolved with a kernel by
// Fourier transforms, and the result is interpolated back by the same splines.
#include <math.h>
#include <string.h>

#include "Fourier.h"

void faa_fourier_twiddles(int n, float *twiddles) {
  for (int t = 0; t < n; t++) {
    const double angle = -2 * M_PI * t / n;
    twiddles[t] = (float)cos(angle);
    twiddles[n + t] = (float)sin(angle);
  }
}

// Rows begin ..< end, eight at a time, lanes being rows.
INLINE void rows(int n, const float *twiddles, float *re, float *im, int begin, int end, int inverse, f8 *work) {
  f8 *a = work, *b = work + 2 * n;
  for (int row = begin; row < end; row += 8) {
    for (int l = 0; l < 8; l++) {
      const float *r = re + (size_t)(row + l) * n, *i = im + (size_t)(row + l) * n;
      for (int c = 0; c < n; c++) a[c][l] = r[c], a[n + c][l] = i[c];
    }
    const f8 *result = transform(n, twiddles, twiddles + n, a, b, inverse);
    for (int l = 0; l < 8; l++) {
      float *r = re + (size_t)(row + l) * n, *i = im + (size_t)(row + l) * n;
      for (int c = 0; c < n; c++) r[c] = result[c][l], i[c] = result[n + c][l];
    }
  }
}

VARIANTS void faa_fourier_rows(int n, const float *twiddles, float *re, float *im, int begin, int end, int inverse,
                               float *work) {
  rows(n, twiddles, re, im, begin, end, inverse, (f8 *)work);
}

VARIANTS void faa_fourier_columns(int n, const float *twiddles, float *re, float *im, int begin, int end, float *work) {
  f8 *a = (f8 *)work, *b = a + 2 * n;
  for (int column = begin; column < end; column += 8) {
    for (int r = 0; r < n; r++) {
      a[r] = *(const f8 *)(re + (size_t)r * n + column);
      a[n + r] = *(const f8 *)(im + (size_t)r * n + column);
    }
    const f8 *result = transform(n, twiddles, twiddles + n, a, b, 0);
    for (int r = 0; r < n; r++) {
      *(f8 *)(re + (size_t)r * n + column) = result[r];
      *(f8 *)(im + (size_t)r * n + column) = result[n + r];
    }
  }
}

VARIANTS void faa_grid_convolve(int n, const float *twiddles, int used, const float *power, const float *factor_re,
                                const float *factor_im, float *re, float *im, int begin, int end, double *total,
                                float *work) {
  f8 *a = (f8 *)work, *b = a + 2 * n;
  for (int column = begin; column < end; column += 8) {
    for (int r = 0; r < used; r++) {
      a[r] = *(const f8 *)(re + (size_t)r * n + column);
      a[n + r] = *(const f8 *)(im + (size_t)r * n + column);
    }
    memset(a + used, 0, sizeof(f8) * (size_t)(n - used));
    memset(a + n + used, 0, sizeof(f8) * (size_t)(n - used));
    f8 *w = transform(n, twiddles, twiddles + n, a, b, 0);
    double sum = 0;
    for (int r = 0; r < n; r++) {
      const size_t at = (size_t)r * n + column;
      const f8 wr = w[r], wi = w[n + r], x = *(const f8 *)(factor_re + at), y = *(const f8 *)(factor_im + at);
      const f8 z = (wr * wr + wi * wi) * *(const f8 *)(power + at);
      sum += (double)SUM(z);
      w[r] = wr * x - wi * y;
      w[n + r] = wr * y + wi * x;
    }
    total[column / 8] = sum;
    const f8 *result = transform(n, twiddles, twiddles + n, w, w == a ? b : a, 1);
    for (int r = 0; r < used; r++) {
      *(f8 *)(re + (size_t)r * n + column) = result[r];
      *(f8 *)(im + (size_t)r * n + column) = result[n + r];
    }
  }
}

// The four weights of the cubic B-spline at fraction t past the second node.
#define SPLINE(t) ((f4){(1 - (t)) * (1 - (t)) * (1 - (t)), 4 + (t) * (t) * (3 * (t) - 6), \
                        1 + 3 * (t) * (1 + (t) - (t) * (t)), (t) * (t) * (t)} * (1.0f / 6))

// Grid coordinates of point i; the node before the first of the four is kept inside the used ones.
#define PLACE(i)                                                              \
  const double u = (x[i] - low_x) * scale + 2, v = (y[i] - low_y) * scale + 2; \
  const int c = (int)u, r = (int)v;                                           \
  const float s = (float)(u - c), t = (float)(v - r);                         \
  const f4 wx = SPLINE(s), wy = SPLINE(t);                                    \
  const size_t at = (size_t)(r - 1) * n + (size_t)(c - 1)

VARIANTS void faa_grid_spread(int n, int64_t count, const double *x, const double *y, double low_x, double low_y,
                              double scale, float *grid) {
  for (int64_t i = 0; i < count; i++) {
    PLACE(i);
    for (int k = 0; k < 4; k++) {
      f4 *row = (f4 *)(grid + at + (size_t)k * n);
      *row = *row + wx * wy[k];
    }
  }
}

#define TOTAL(f) (((f)[0] + (f)[2]) + ((f)[1] + (f)[3]))

VARIANTS void faa_grid_interpolate(int n, int64_t begin, int64_t end, const double *x, const double *y, double low_x,
                                   double low_y, double scale, const float *re, const float *im, double *out_re,
                                   double *out_im) {
  for (int64_t i = begin; i < end; i++) {
    PLACE(i);
    f4 f = {0}, g = {0};
    for (int k = 0; k < 4; k++) {
      f += *(const f4 *)(re + at + (size_t)k * n) * wy[k];
      g += *(const f4 *)(im + at + (size_t)k * n) * wy[k];
    }
    f *= wx, g *= wx;
    out_re[i] = (double)TOTAL(f);
    out_im[i] = (double)TOTAL(g);
  }
}
