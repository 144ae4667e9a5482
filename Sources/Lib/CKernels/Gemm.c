// One product of single-precision matrices on the calling thread: oneDNN's or OpenBLAS's kernel, whichever is faster for the shape.
// OpenBLAS spends a fixed share of a short inner dimension on packing; oneDNN packs less, but reads a transposed left operand badly.
#define _GNU_SOURCE
#include <cblas.h>
#include <dlfcn.h>
#include <dnnl.h>
#include <pthread.h>

#include "Elementwise.h"

// Measured on AVX2 (Zen 3), one core, GFLOP/s of OpenBLAS and oneDNN: 64^3 66 and 89, 197x197x64 69 and 90, 2080x512x128 68 and 81,
// 544x768x192 72 and 81, 256^3 87 and 95; 512^3 87 and 64; with the left operand transposed 512x128x2080 83 and 63.
#define LONGEST_FOR_ONEDNN 384

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void (*set_threads)(int);

// oneDNN reads OpenMP's thread count, which is kept for each thread. libgomp comes with libdnnl and has no header here.
static void find_openmp(void) { set_threads = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads"); }

static bool is_alone(void) {
  static _Thread_local bool is_set;
  if (is_set) return true;
  pthread_once(&once, find_openmp);
  if (!set_threads) return false;
  set_threads(1);
  return is_set = true;
}

void faa_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc) {
  if (!transpose_a && k <= LONGEST_FOR_ONEDNN && m > 1 && n > 1 && is_alone() &&
      dnnl_sgemm('N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) == dnnl_success)
    return;
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
              alpha, a, lda, b, ldb, beta, c, ldc);
}

void faa_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
               const double *b, int ldb, double beta, double *c, int ldc) {
  cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
              alpha, a, lda, b, ldb, beta, c, ldc);
}
