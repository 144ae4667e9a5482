// The discrete Fourier transform of eight lines at once.
#pragma once
#include "CAnalysis.h"
#include "Vectors.h"

// One pass of Stockham's method (self-sorting, decimation in frequency) with radix r over n = r m points of stride s:
// y[q + s (r p + j)] = w^(jp) sum_k x[q + s (p + m k)] e^(-2 pi i jk / r), w = e^(-2 pi i / n), each element eight lines wide.
// The sums over k are written out; `MUL` multiplies by the twiddle of index t.
#define MUL(t, ar, ai, yr, yi)                        \
  do {                                                \
    const float wr_ = wr[t], wi_ = wi[t];             \
    const f8 ar_ = (ar), ai_ = (ai);                  \
    yr = ar_ * wr_ - ai_ * wi_;                       \
    yi = ar_ * wi_ + ai_ * wr_;                       \
  } while (0)

INLINE void pass2(int m, int s, int step, const float *wr, const float *wi, const f8 *xr, const f8 *xi, f8 *yr, f8 *yi) {
  for (int p = 0; p < m; p++)
    for (int q = 0; q < s; q++) {
      const int a = q + s * p, b = a + s * m, o = q + s * 2 * p;
      const f8 ar = xr[a], ai = xi[a], br = xr[b], bi = xi[b];
      yr[o] = ar + br, yi[o] = ai + bi;
      MUL(p * step, ar - br, ai - bi, yr[o + s], yi[o + s]);
    }
}

INLINE void pass3(int m, int s, int step, const float *wr, const float *wi, const f8 *xr, const f8 *xi, f8 *yr, f8 *yi) {
  const float h = 0.86602540378443864676f;
  for (int p = 0; p < m; p++)
    for (int q = 0; q < s; q++) {
      const int a = q + s * p, b = a + s * m, c = b + s * m, o = q + s * 3 * p;
      const f8 tr = xr[b] + xr[c], ti = xi[b] + xi[c];
      const f8 dr = (xr[b] - xr[c]) * h, di = (xi[b] - xi[c]) * h;
      const f8 mr = xr[a] - tr * 0.5f, mi = xi[a] - ti * 0.5f;
      yr[o] = xr[a] + tr, yi[o] = xi[a] + ti;
      MUL(p * step, mr + di, mi - dr, yr[o + s], yi[o + s]);
      MUL(2 * p * step, mr - di, mi + dr, yr[o + 2 * s], yi[o + 2 * s]);
    }
}

INLINE void pass4(int m, int s, int step, const float *wr, const float *wi, const f8 *xr, const f8 *xi, f8 *yr, f8 *yi) {
  for (int p = 0; p < m; p++)
    for (int q = 0; q < s; q++) {
      const int a = q + s * p, b = a + s * m, c = b + s * m, d = c + s * m, o = q + s * 4 * p;
      const f8 er = xr[a] + xr[c], ei = xi[a] + xi[c], fr = xr[a] - xr[c], fi = xi[a] - xi[c];
      const f8 gr = xr[b] + xr[d], gi = xi[b] + xi[d], hr = xr[b] - xr[d], hi = xi[b] - xi[d];
      yr[o] = er + gr, yi[o] = ei + gi;
      MUL(p * step, fr + hi, fi - hr, yr[o + s], yi[o + s]);
      MUL(2 * p * step, er - gr, ei - gi, yr[o + 2 * s], yi[o + 2 * s]);
      MUL(3 * p * step, fr - hi, fi + hr, yr[o + 3 * s], yi[o + 3 * s]);
    }
}

INLINE void pass5(int m, int s, int step, const float *wr, const float *wi, const f8 *xr, const f8 *xi, f8 *yr, f8 *yi) {
  const float c1 = 0.30901699437494742410f, c2 = -0.80901699437494742410f;
  const float s1 = 0.95105651629515357212f, s2 = 0.58778525229247312917f;
  for (int p = 0; p < m; p++)
    for (int q = 0; q < s; q++) {
      const int a = q + s * p, b = a + s * m, c = b + s * m, d = c + s * m, e = d + s * m, o = q + s * 5 * p;
      const f8 t1r = xr[b] + xr[e], t1i = xi[b] + xi[e], t2r = xr[c] + xr[d], t2i = xi[c] + xi[d];
      const f8 d1r = xr[b] - xr[e], d1i = xi[b] - xi[e], d2r = xr[c] - xr[d], d2i = xi[c] - xi[d];
      const f8 m1r = xr[a] + t1r * c1 + t2r * c2, m1i = xi[a] + t1i * c1 + t2i * c2;
      const f8 m2r = xr[a] + t1r * c2 + t2r * c1, m2i = xi[a] + t1i * c2 + t2i * c1;
      const f8 n1r = d1r * s1 + d2r * s2, n1i = d1i * s1 + d2i * s2;
      const f8 n2r = d1r * s2 - d2r * s1, n2i = d1i * s2 - d2i * s1;
      yr[o] = xr[a] + t1r + t2r, yi[o] = xi[a] + t1i + t2i;
      MUL(p * step, m1r + n1i, m1i - n1r, yr[o + s], yi[o + s]);
      MUL(2 * p * step, m2r + n2i, m2i - n2r, yr[o + 2 * s], yi[o + 2 * s]);
      MUL(3 * p * step, m2r - n2i, m2i + n2r, yr[o + 3 * s], yi[o + 3 * s]);
      MUL(4 * p * step, m1r - n1i, m1i + n1r, yr[o + 4 * s], yi[o + 4 * s]);
    }
}

// Transforms n points (2^a 3^b 5^c) of eight lines; `x` holds n real then n imaginary parts, `y` is as large. Returns where the result
// is: one of the two. The inverse without its factor 1/n comes of exchanging real and imaginary parts.
INLINE f8 *transform(int n, const float *wr, const float *wi, f8 *x, f8 *y, int inverse) {
  f8 *from = x, *to = y;
  const int re = inverse ? n : 0, im = inverse ? 0 : n;
  for (int rest = n, s = 1; rest > 1;) {
    const int step = n / rest;
    const int radix = rest % 4 == 0 ? 4 : rest % 2 == 0 ? 2 : rest % 3 == 0 ? 3 : 5;
    const int m = rest / radix;
    switch (radix) {
      case 4: pass4(m, s, step, wr, wi, from + re, from + im, to + re, to + im); break;
      case 2: pass2(m, s, step, wr, wi, from + re, from + im, to + re, to + im); break;
      case 3: pass3(m, s, step, wr, wi, from + re, from + im, to + re, to + im); break;
      default: pass5(m, s, step, wr, wi, from + re, from + im, to + re, to + im); break;
    }
    f8 *kept = from;
    from = to, to = kept;
    rest = m, s *= radix;
  }
  return from;
}
