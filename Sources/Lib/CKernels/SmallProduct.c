// Products that do not repay packing their operands, which OpenBLAS (it takes a lock, too) and our tiles do: a few rows by one or two vectors
// are summed in registers, both operands read where they lie; a right one that is stored transposed is first turned around.
#include "SmallProduct.h"

#include <string.h>

#include "Elementwise.h"

// Up to so many multiplications, in f32 of all operands; up to where the pool is worth waking in f64, whose other way is OpenBLAS's, and in f32
// of those that are read well: a right operand by whole vectors, a left one along its rows, which packing would have to turn. Measured on AVX2 (Zen 3).
#define SMALL_PRODUCT 16384
// The elements of a right operand that the nearest cache holds, and that are turned around.
#define SMALL_RIGHT 8192
#define SMALL_TURNED 1024
#define SMALL_ROWS 8

#define SMALL_PRODUCT_KERNEL(suffix, T)                                                                               \
  typedef T Lanes_##suffix __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));                           \
  /* All rows of `wide` columns, which fill the vectors where they are whole, so many rows at a time. The vectors of `direct` rows of b are read \
     where they lie, those of the others, which would end beyond it, in `rest`. */                                    \
  __attribute__((always_inline)) static inline void small_columns_##suffix(                                           \
      const int height, const int vectors, bool is_whole, const T *a, ptrdiff_t row, ptrdiff_t column, const T *b,    \
      ptrdiff_t ldb, ptrdiff_t direct, const T *rest, ptrdiff_t wide, const T *bias, bool adds, T *out, ptrdiff_t m,  \
      ptrdiff_t n, ptrdiff_t k) {                                                                                     \
    typedef Lanes_##suffix V;                                                                                         \
    enum { lanes = 32 / sizeof(T) };                                                                                  \
    for (ptrdiff_t i = 0; i < m; i += height, a += height * row, out += height * n) {                                 \
      ptrdiff_t high = m - i < height ? m - i : height, l = 0;                                                        \
      const T *rows[SMALL_ROWS] = {a}, *right = b;                                                                    \
      for (int r = 1; r < height; r++) rows[r] = rows[r - 1] + (r < high ? row : 0);                                  \
      V sum[SMALL_ROWS][2] = {0};                                                                                     \
      if (bias && is_whole)                                                                                           \
        for (int r = 0; r < height; r++)                                                                              \
          for (int v = 0; v < vectors; v++) sum[r][v] = *(const V *)(bias + lanes * v);                               \
      if (bias && !is_whole)                                                                                          \
        for (int r = 0; r < height; r++) memcpy(sum[r], bias, (size_t)wide * sizeof(T));                              \
      for (; l < direct; l++, right += ldb)                                                                           \
        for (int r = 0; r < height; r++)                                                                              \
          for (int v = 0; v < vectors; v++) sum[r][v] += rows[r][l * column] * *(const V *)(right + lanes * v);       \
      if (is_whole) {                                                                                                 \
        for (int r = 0; r < height && r < high; r++)                                                                  \
          for (int v = 0; v < vectors; v++) {                                                                         \
            V *at = (V *)(out + r * n + lanes * v);                                                                   \
            *at = adds ? *at + sum[r][v] : sum[r][v];                                                                 \
          }                                                                                                           \
        continue;                                                                                                     \
      }                                                                                                               \
      for (right = rest; l < k; l++, right += 2 * lanes)                                                              \
        for (int r = 0; r < height; r++)                                                                              \
          for (int v = 0; v < vectors; v++) sum[r][v] += rows[r][l * column] * *(const V *)(right + lanes * v);       \
      /* All sums at once: a loop that picks one would keep them in memory from the start. */                         \
      T edge[SMALL_ROWS][2 * lanes];                                                                                  \
      for (int r = 0; r < height; r++)                                                                                \
        for (int v = 0; v < vectors; v++) *(V *)(edge[r] + lanes * v) = sum[r][v];                                    \
      int r = 0;                                                                                                      \
      /* What is too much is written over by the next row. */                                                         \
      if (!adds && wide == n)                                                                                         \
        for (; r < height && r < high && lanes * vectors <= (m - i - r) * n; r++)                                     \
          for (int v = 0; v < vectors; v++) *(V *)(out + r * n + lanes * v) = *(const V *)(edge[r] + lanes * v);      \
      for (; r < height && r < high; r++)                                                                             \
        for (ptrdiff_t j = 0; j < wide; j++) out[r * n + j] = adds ? out[r * n + j] + edge[r][j] : edge[r][j];        \
    }                                                                                                                 \
  }                                                                                                                   \
  CLONES static void small_##suffix(const T *a, ptrdiff_t row, ptrdiff_t column, const T *b, ptrdiff_t ldb,           \
                                    const T *bias, bool adds, T *out, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {        \
    enum { lanes = 32 / sizeof(T) };                                                                                  \
    /* Four rows where more would leave much of the last tile unused. */                                              \
    bool by_four = 10 * ((m + 3) / 4 * 4) <= 9 * ((m + 5) / 6 * 6);                                                   \
    for (ptrdiff_t j = 0, wide; j < n; j += wide) {                                                                   \
      ptrdiff_t vectors = n - j > lanes ? 2 : 1, beyond = lanes * vectors - (n - j);                                  \
      wide = beyond > 0 ? n - j : lanes * vectors;                                                                    \
      const T *right = b + j, *start = bias ? bias + j : NULL;                                                        \
      T *to = out + j;                                                                                                \
      if (beyond <= 0) {                                                                                              \
        if (vectors == 2 && by_four)                                                                                  \
          small_columns_##suffix(4, 2, true, a, row, column, right, ldb, k, NULL, wide, start, adds, to, m, n, k);    \
        else if (vectors == 2)                                                                                        \
          small_columns_##suffix(6, 2, true, a, row, column, right, ldb, k, NULL, wide, start, adds, to, m, n, k);    \
        else if (m <= 4)                                                                                              \
          small_columns_##suffix(4, 1, true, a, row, column, right, ldb, k, NULL, wide, start, adds, to, m, n, k);    \
        else                                                                                                          \
          small_columns_##suffix(8, 1, true, a, row, column, right, ldb, k, NULL, wide, start, adds, to, m, n, k);    \
        continue;                                                                                                     \
      }                                                                                                               \
      /* A row's vectors end among the elements of the next ones, as long as there are any. */                        \
      ptrdiff_t direct = k - (beyond + ldb - 1) / ldb;                                                                \
      if (direct < 0) direct = 0;                                                                                     \
      T rest[2 * lanes][2 * lanes];                                                                                   \
      for (ptrdiff_t l = direct; l < k; l++)                                                                          \
        for (ptrdiff_t c = 0; c < 2 * lanes; c++) rest[l - direct][c] = c < wide ? right[l * ldb + c] : 0;            \
      if (vectors == 2)                                                                                               \
        small_columns_##suffix(6, 2, false, a, row, column, right, ldb, direct, rest[0], wide, start, adds, to, m, n, k); \
      else if (m <= 4)                                                                                                \
        small_columns_##suffix(4, 1, false, a, row, column, right, ldb, direct, rest[0], wide, start, adds, to, m, n, k); \
      else                                                                                                            \
        small_columns_##suffix(8, 1, false, a, row, column, right, ldb, direct, rest[0], wide, start, adds, to, m, n, k); \
    }                                                                                                                 \
  }                                                                                                                   \
  static void product_##suffix(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix left, FaaMatrix right, const T *bias, \
                               bool adds, T *out) {                                                                   \
    const T *b = right.data;                                                                                          \
    T turned[SMALL_TURNED];                                                                                           \
    ptrdiff_t ldb = right.leading;                                                                                    \
    if (right.transposed) {                                                                                           \
      for (ptrdiff_t j = 0; j < n; j++)                                                                               \
        for (ptrdiff_t l = 0; l < k; l++) turned[l * n + j] = b[j * ldb + l];                                         \
      b = turned;                                                                                                     \
      ldb = n;                                                                                                        \
    }                                                                                                                 \
    ptrdiff_t row = left.transposed ? 1 : left.leading, column = left.transposed ? left.leading : 1;                  \
    small_##suffix(left.data, row, column, b, ldb, bias, adds, out, m, n, k);                                         \
  }
SMALL_PRODUCT_KERNEL(f32, float)
SMALL_PRODUCT_KERNEL(f64, double)

bool faa_is_small_product(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b) {
  if ((type != FaaF32 && type != FaaF64) || n * k > (b.transposed ? SMALL_TURNED : SMALL_RIGHT)) return false;
  double work = (double)m * (double)n * (double)k;
  bool reads_well = type == FaaF64 || (!b.transposed && (a.transposed || n % 8 == 0));
  return work <= SMALL_PRODUCT || (work < SHARED_PRODUCT && reads_well);
}

void faa_small_product(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b, const void *bias,
                       bool adds, void *out) {
  if (type == FaaF32)
    product_f32(m, n, k, a, b, bias, adds, out);
  else
    product_f64(m, n, k, a, b, bias, adds, out);
}
