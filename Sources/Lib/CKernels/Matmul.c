// Matrix products under our own pool, so that the cut into chunks (and with it every bit) is a function of the shape and not of the
// number of threads.
#include <cblas.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t m, n, k;
  bool by_columns;  // which axis of the result is cut
  ptrdiff_t piece, chunks_per_product;
  ptrdiff_t chunks, together;  // of all products, and how many a thread takes at a time
  FaaMatrix a, b;
  const void *bias;  // a row added to every row, or NULL; not together with `adds`
  bool adds;         // to what the result holds
  void *out;
  bool is_small;
  atomic_int fault;
} Product;

static void integer_product(Product *p, const int32_t *a, const int32_t *b, int32_t *out, ptrdiff_t rows) {
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t j = 0; j < p->n; j++) {
      int64_t sum = 0;
      int overflow = 0;
      for (ptrdiff_t l = 0; l < p->k; l++) {
        int64_t x = a[p->a.transposed ? l * p->a.leading + i : i * p->a.leading + l];
        int64_t y = b[p->b.transposed ? j * p->b.leading + l : l * p->b.leading + j];
        overflow |= __builtin_add_overflow(sum, x * y, &sum);
      }
      out[i * p->n + j] = (int32_t)sum;
      if (overflow || sum != (int32_t)sum) atomic_store_explicit(&p->fault, 1, memory_order_relaxed);
    }
}

// A product with a single column or row is bound by reading the matrix once, which OpenBLAS's gemm, built to reuse what it
// packs, does at half the speed of its gemv. The result is cleared first: gemv scales it, and 0 times an old NaN is one.
static void vector_product(FaaType type, FaaMatrix matrix, const char *at, bool transposed, ptrdiff_t rows, ptrdiff_t k,
                           const char *x, ptrdiff_t step, bool adds, char *out) {
  if (!adds) memset(out, 0, (size_t)rows * faa_size(type));
  double kept = adds;
  CBLAS_TRANSPOSE t = transposed ? CblasTrans : CblasNoTrans;
  // As stored: rows x k, or k x rows where it is to be transposed.
  blasint stored_rows = (blasint)(transposed ? k : rows), stored_columns = (blasint)(transposed ? rows : k);
  blasint leading = (blasint)matrix.leading;
  if (type == FaaF32)
    cblas_sgemv(CblasRowMajor, t, stored_rows, stored_columns, 1, (const float *)at, leading, (const float *)x,
                (blasint)step, (float)kept, (float *)out, 1);
  else
    cblas_dgemv(CblasRowMajor, t, stored_rows, stored_columns, 1, (const double *)at, leading, (const double *)x,
                (blasint)step, kept, (double *)out, 1);
}

// OpenBLAS packs its operands and takes a lock, our tiles pack too, which a small product does not repay. Here a tile of some rows and up to
// three vectors is summed in registers, both operands read where they lie; a right one that is stored transposed is first turned around.
#define SMALL_PRODUCT 16384
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
  static void small_product_##suffix(const Product *p, const char *pa, const char *pb, char *out) {                   \
    const T *b = (const T *)pb;                                                                                       \
    T turned[SMALL_TURNED];                                                                                           \
    ptrdiff_t ldb = p->b.leading;                                                                                     \
    if (p->b.transposed) {                                                                                            \
      for (ptrdiff_t j = 0; j < p->n; j++)                                                                            \
        for (ptrdiff_t l = 0; l < p->k; l++) turned[l * p->n + j] = b[j * ldb + l];                                   \
      b = turned;                                                                                                     \
      ldb = p->n;                                                                                                     \
    }                                                                                                                 \
    ptrdiff_t row = p->a.transposed ? 1 : p->a.leading, column = p->a.transposed ? p->a.leading : 1;                  \
    small_##suffix((const T *)pa, row, column, b, ldb, p->bias, p->adds, (T *)out, p->m, p->n, p->k);                 \
  }
SMALL_PRODUCT_KERNEL(f32, float)
SMALL_PRODUCT_KERNEL(f64, double)

static void product_chunk(void *context, ptrdiff_t chunk) {
  Product *p = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(p->type);
  ptrdiff_t product = chunk / p->chunks_per_product;
  ptrdiff_t first = chunk % p->chunks_per_product * p->piece;
  ptrdiff_t row = p->by_columns ? 0 : first, column = p->by_columns ? first : 0;
  ptrdiff_t rows = p->by_columns || p->m - row < p->piece ? p->m - row : p->piece;
  ptrdiff_t columns = !p->by_columns || p->n - column < p->piece ? p->n - column : p->piece;
  ptrdiff_t skip_a = p->a.transposed ? row : row * p->a.leading;
  ptrdiff_t skip_b = p->b.transposed ? column * p->b.leading : column;
  const char *a = (const char *)p->a.data + (product * p->a.batch_stride + skip_a) * size;
  const char *b = (const char *)p->b.data + (product * p->b.batch_stride + skip_b) * size;
  char *out = (char *)p->out + ((product * p->m + row) * p->n + column) * size;
  blasint m = (blasint)rows, n = (blasint)columns, k = (blasint)p->k, ldc = (blasint)p->n;
  blasint lda = (blasint)p->a.leading, ldb = (blasint)p->b.leading;
  bool adds = p->adds || p->bias;
  if (p->bias && !p->is_small) {
    const char *bias = (const char *)p->bias + column * size;
    for (ptrdiff_t r = 0; r < rows; r++) memcpy(out + r * p->n * size, bias, (size_t)(columns * size));
  }
  if (p->is_small)
    (p->type == FaaF32 ? small_product_f32 : small_product_f64)(p, a, b, out);
  else if (p->type != FaaI32 && p->n == 1)
    vector_product(p->type, p->a, a, p->a.transposed, rows, p->k, b, p->b.transposed ? 1 : p->b.leading, adds, out);
  else if (p->type != FaaI32 && p->m == 1)
    vector_product(p->type, p->b, b, !p->b.transposed, columns, p->k, a, p->a.transposed ? p->a.leading : 1, adds, out);
  else if (p->type == FaaF32)
    faa_sgemm(p->a.transposed, p->b.transposed, m, n, k, 1, (const float *)a, lda, (const float *)b, ldb, adds,
              (float *)out, ldc);
  else if (p->type == FaaF64)
    faa_dgemm(p->a.transposed, p->b.transposed, m, n, k, 1, (const double *)a, lda, (const double *)b, ldb, adds,
              (double *)out, ldc);
  else
    integer_product(p, (const int32_t *)a, (const int32_t *)b, (int32_t *)out, rows);
}

/// Neighbouring products follow each other in memory: a thread that takes several goes on where the processor has fetched ahead.
static void products(void *context, ptrdiff_t index) {
  const Product *p = context;
  ptrdiff_t first = index * p->together, end = first + p->together < p->chunks ? first + p->together : p->chunks;
  for (ptrdiff_t chunk = first; chunk < end; chunk++) product_chunk(context, chunk);
}

// In the variants of OpenBLAS that have threads.
extern int blas_thread_shutdown_(void) __attribute__((weak));

// As soon as the library is loaded, which is when OpenBLAS starts its threads: they look for work for a tenth of a second, on a processor each,
// before they sleep, and ours, which make all calls, never give them any. Results must not depend on the number of processors either.
__attribute__((constructor)) static void end_blas_threads(void) {
  openblas_set_num_threads(1);
  if (blas_thread_shutdown_) blas_thread_shutdown_();
}

// Of many products, which the threads take as they come.
#define SHARES 16
// Below, the pool does not repay its waking.
#define SHARED_PRODUCT 3e5

/// Whether a product of f32 that is not that small is faster read where it lies than by packed tiles: measured on AVX2 (Zen 3).
static bool reads_well(FaaMatrix a, FaaMatrix b, ptrdiff_t n) { return !b.transposed && (a.transposed || n % 8 == 0); }

static int multiply(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
                    const void *bias, bool adds, void *out) {
  Product p = {.type = type, .m = m, .n = n, .k = k, .a = a, .b = b, .bias = bias, .adds = adds, .out = out};
  atomic_init(&p.fault, 0);
  double work = (double)m * (double)n * (double)k;
  if (type == FaaF32 && batch == 1 && m > 1 && n > 1 && work >= SHARED_PRODUCT &&
      faa_shared_product(m, n, k, a, b, bias, adds, out))
    return 0;
  // With a single row or column there is nothing to tile: from a few hundred elements the matrix-vector product is faster.
  p.is_small = type != FaaI32 && (work <= 512 || (m > 1 && n > 1)) && n * k <= (b.transposed ? SMALL_TURNED : SMALL_RIGHT) &&
               (work <= SMALL_PRODUCT || (work < SHARED_PRODUCT && (type == FaaF64 || reads_well(a, b, n))));
  if (p.is_small && batch == 1) {
    (type == FaaF32 ? small_product_f32 : small_product_f64)(&p, a.data, b.data, out);
    return 0;
  }
  // Every piece packs the operand that is not cut anew, so the longer axis is cut, and none where the batch is work for all.
  // A product with one row or column reads an element for each of its operations, which others do many with.
  double least = m == 1 || n == 1 ? 1e5 : 3e5;
  ptrdiff_t pieces = work < least || (batch >= 8 && work < 3e7) ? 1 : work < 3e7 ? 2 : work < 1.5e10 ? 4 : 8;
  p.by_columns = n > m && type != FaaI32;
  ptrdiff_t extent = p.by_columns ? n : m;
  p.piece = ((extent + pieces - 1) / pieces + 15) / 16 * 16;  // whole register tiles
  p.chunks_per_product = (extent + p.piece - 1) / p.piece;
  p.chunks = batch * p.chunks_per_product;
  p.together = (double)batch * work < 1e5 ? p.chunks : p.chunks < 2 * SHARES ? 1 : p.chunks / SHARES;
  faa_parallel((p.chunks + p.together - 1) / p.together, products, &p);
  return atomic_load_explicit(&p.fault, memory_order_relaxed);
}

int faa_matmul(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
               void *out) {
  if (type == FaaBool) return -1;
  if (batch * m * n == 0) return 0;
  if (k == 0) {
    faa_fill(type, 0, out, batch * m * n);
    return 0;
  }
  return multiply(type, batch, m, n, k, a, b, NULL, false, out);
}

int faa_matmul_add(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
                   void *out) {
  if (type < FaaF32) return -1;
  if (batch * m * n * k == 0) return 0;
  return multiply(type, batch, m, n, k, a, b, NULL, true, out);
}

int faa_matmul_bias(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b, const void *bias,
                    void *out) {
  if (type < FaaF32) return -1;
  if (m * n == 0) return 0;
  if (k == 0) {
    size_t bytes = (size_t)n * faa_size(type);
    for (ptrdiff_t row = 0; row < m; row++) memcpy((char *)out + (size_t)row * bytes, bias, bytes);
    return 0;
  }
  return multiply(type, 1, m, n, k, a, b, bias, false, out);
}

const char *faa_blas_core(void) { return openblas_get_corename(); }
const char *faa_blas_config(void) { return openblas_get_config(); }
