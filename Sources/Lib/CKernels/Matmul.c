// Matrix products under our own pool, so that the cut into chunks (and with it every bit) is a function of the shape and not of the
// number of threads.
#include <cblas.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"
#include "SmallProduct.h"

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

static FaaMatrix starting(FaaMatrix matrix, const char *at) {
  matrix.data = at;
  return matrix;
}

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
    faa_small_product(p->type, p->m, p->n, p->k, starting(p->a, a), starting(p->b, b), p->bias, p->adds, out);
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

static int multiply(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
                    const void *bias, bool adds, void *out) {
  Product p = {.type = type, .m = m, .n = n, .k = k, .a = a, .b = b, .bias = bias, .adds = adds, .out = out};
  atomic_init(&p.fault, 0);
  double work = (double)m * (double)n * (double)k;
  if (type == FaaF32 && batch == 1 && m > 1 && n > 1 && work >= SHARED_PRODUCT &&
      faa_shared_product(m, n, k, a, b, bias, adds, out))
    return 0;
  // With a single row or column there is nothing to tile: from a few hundred elements the matrix-vector product is faster.
  p.is_small = (work <= 512 || (m > 1 && n > 1)) && faa_is_small_product(type, m, n, k, a, b);
  if (p.is_small && batch == 1) {
    faa_small_product(type, m, n, k, a, b, bias, adds, out);
    return 0;
  }
  // Every piece packs the operand that is not cut anew, so the longer axis is cut, and none where the batch is work for all.
  // A product with one row or column reads an element for each of its operations, which others do many with.
  double least = m == 1 || n == 1 ? 1e5 : SHARED_PRODUCT;
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
