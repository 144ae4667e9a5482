// Steps of recorded linear maps: combinations of vectors, and a pair of products with one matrix that reads it once.
#include <string.h>

#include "Elementwise.h"

#define BLOCK 512

#define COMBINE(suffix, T)                                                                                    \
  CLONES static void combine_##suffix(ptrdiff_t count, int terms, const void *const *values,                  \
                                      const void *const *weights, const double *scales, T *out) {             \
    for (ptrdiff_t first = 0; first < count; first += BLOCK) {                                                \
      ptrdiff_t size = count - first < BLOCK ? count - first : BLOCK;                                         \
      T sum[BLOCK];                                                                                           \
      for (int t = 0; t < terms; t++) {                                                                       \
        const T *x = (const T *)values[t] + first, *w = (const T *)weights[t];                                \
        T scale = (T)scales[t];                                                                               \
        if (w) {                                                                                              \
          w += first;                                                                                         \
          if (t == 0)                                                                                         \
            for (ptrdiff_t i = 0; i < size; i++) sum[i] = scale * (w[i] * x[i]);                              \
          else                                                                                                \
            for (ptrdiff_t i = 0; i < size; i++) sum[i] += scale * (w[i] * x[i]);                             \
        } else if (t == 0) {                                                                                  \
          for (ptrdiff_t i = 0; i < size; i++) sum[i] = scale * x[i];                                         \
        } else {                                                                                              \
          for (ptrdiff_t i = 0; i < size; i++) sum[i] += scale * x[i];                                        \
        }                                                                                                     \
      }                                                                                                       \
      memcpy(out + first, sum, (size_t)size * sizeof(T));                                                     \
    }                                                                                                         \
  }
COMBINE(f32, float)
COMBINE(f64, double)

void faa_combine(FaaType type, ptrdiff_t count, int terms, const void *const *values, const void *const *weights,
                 const double *scales, void *out) {
  if (type == FaaF32)
    combine_f32(count, terms, values, weights, scales, out);
  else
    combine_f64(count, terms, values, weights, scales, out);
}

// ---- (A + Aᵀ) x with one reading of the matrix ------------------------------------------------------------

typedef struct {
  FaaType type;
  ptrdiff_t n, leading, piece;
  const void *matrix, *x;
  void *out, *partial;
} BothWays;

// Four rows at a time: their products with x, and the rows times four elements of x added to `out`. Sums run in the lanes of a
// vector, in an order that depends on the size only. Where fewer than four rows are left the last is repeated, times 0.
#define BOTH_WAYS(suffix, T)                                                                                  \
  typedef T Lanes_##suffix __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));                   \
  CLONES static void both_ways_##suffix(const T *a, ptrdiff_t lda, ptrdiff_t first, ptrdiff_t rows,           \
                                        ptrdiff_t n, const T *x, T *out) {                                    \
    typedef Lanes_##suffix V;                                                                                 \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    for (ptrdiff_t i = 0; i < rows; i += 4) {                                                                 \
      const T *row[4];                                                                                        \
      T z[4];                                                                                                 \
      for (int r = 0; r < 4; r++) {                                                                           \
        row[r] = a + (i + r < rows ? i + r : rows - 1) * lda;                                                 \
        z[r] = i + r < rows ? x[first + i + r] : 0;                                                           \
      }                                                                                                       \
      V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                               \
      ptrdiff_t j = 0;                                                                                        \
      for (; j + lanes <= n; j += lanes) {                                                                    \
        V v = *(const V *)(x + j), y = *(const V *)(out + j);                                                 \
        V b0 = *(const V *)(row[0] + j), b1 = *(const V *)(row[1] + j);                                       \
        V b2 = *(const V *)(row[2] + j), b3 = *(const V *)(row[3] + j);                                       \
        s0 += b0 * v;                                                                                         \
        s1 += b1 * v;                                                                                         \
        s2 += b2 * v;                                                                                         \
        s3 += b3 * v;                                                                                         \
        y += b0 * z[0];                                                                                       \
        y += b1 * z[1];                                                                                       \
        y += b2 * z[2];                                                                                       \
        y += b3 * z[3];                                                                                       \
        *(V *)(out + j) = y;                                                                                  \
      }                                                                                                       \
      T dots[4] = {0};                                                                                        \
      for (int l = 0; l < lanes; l++) {                                                                       \
        dots[0] += s0[l];                                                                                     \
        dots[1] += s1[l];                                                                                     \
        dots[2] += s2[l];                                                                                     \
        dots[3] += s3[l];                                                                                     \
      }                                                                                                       \
      for (; j < n; j++)                                                                                      \
        for (int r = 0; r < 4; r++) {                                                                         \
          dots[r] += row[r][j] * x[j];                                                                        \
          out[j] += row[r][j] * z[r];                                                                         \
        }                                                                                                     \
      for (int r = 0; r < 4 && i + r < rows; r++) out[first + i + r] += dots[r];                              \
    }                                                                                                         \
  }
BOTH_WAYS(f32, float)
BOTH_WAYS(f64, double)

static void both_ways_chunk(void *context, ptrdiff_t chunk) {
  BothWays *p = context;
  ptrdiff_t first = chunk * p->piece, size = (ptrdiff_t)faa_size(p->type);
  ptrdiff_t rows = p->n - first < p->piece ? p->n - first : p->piece;
  const char *a = (const char *)p->matrix + first * p->leading * size;
  // The first chunk sums into the result, the others beside it.
  char *out = chunk == 0 ? p->out : (char *)p->partial + (chunk - 1) * p->n * size;
  memset(out, 0, (size_t)(p->n * size));
  if (p->type == FaaF32)
    both_ways_f32((const float *)a, p->leading, first, rows, p->n, p->x, (float *)out);
  else
    both_ways_f64((const double *)a, p->leading, first, rows, p->n, p->x, (double *)out);
}

void faa_both_ways(FaaType type, ptrdiff_t n, const void *matrix, ptrdiff_t leading, const void *x, void *partial,
                   void *out) {
  BothWays p = {.type = type, .n = n, .leading = leading, .matrix = matrix, .x = x, .partial = partial, .out = out};
  // The number of chunks depends on the size only, so that the sum's order does.
  ptrdiff_t chunks = n < 300 ? 1 : FAA_BOTH_WAYS_CHUNKS;
  p.piece = (n + 4 * chunks - 1) / (4 * chunks) * 4;
  chunks = (n + p.piece - 1) / p.piece;
  if (chunks == 1) {
    both_ways_chunk(&p, 0);
    return;
  }
  faa_parallel(chunks, both_ways_chunk, &p);
  const double ones[] = {1, 1, 1, 1};
  const void *const none[FAA_BOTH_WAYS_CHUNKS] = {NULL};
  const void *parts[FAA_BOTH_WAYS_CHUNKS] = {out};
  for (ptrdiff_t c = 1; c < chunks; c++) parts[c] = (const char *)partial + (c - 1) * n * (ptrdiff_t)faa_size(type);
  faa_combine(type, n, (int)chunks, parts, none, ones, out);
}
