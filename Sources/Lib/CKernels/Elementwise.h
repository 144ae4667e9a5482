// The shared driver of every elementwise kernel: a row function is run over the rows of up to three strided views.
#pragma once
#include "CKernels.h"

/// Runs over `n` elements with the given strides (in elements); returns 1 where integer arithmetic failed.
typedef int (*FaaRow)(const void *const *in, const ptrdiff_t *strides, void *out, ptrdiff_t n);

/// Where the operands of one elementwise call are.
typedef struct {
  int operands, rank;
  const ptrdiff_t *dims;
  const ptrdiff_t *strides[3];
  const void *data[3];
  size_t size[3];  // bytes of an element of each operand
  void *out;
  size_t out_size;
  ptrdiff_t grain;  // elements worth a thread's while
} FaaMap;

int faa_map(FaaRow row, const FaaMap *map);

/// Results from this size on do not stay in the cache in any case; they are made in blocks that do, and then written past it.
#define FAA_STREAMED_BYTES ((size_t)32 << 20)
#define FAA_BLOCK_BYTES 8192

/// Writes past the cache: an ordinary store would first read what it overwrites. `from` is aligned to 16 bytes.
void faa_stream(char *to, const char *from, size_t bytes);
/// Before another thread may read what this one has streamed.
void faa_stream_end(void);

/// c = alpha op(a) op(b) (+ c), row-major, on the calling thread.
void faa_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, bool adds, float *c, int ldc);
/// The same in double precision.
void faa_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
               const double *b, int ldb, bool adds, double *c, int ldc);

/// out = a b (+ bias, or where `adds` + out), shared by the pool; false, with nothing done, where the libraries are to do it.
bool faa_shared_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b, const float *bias, bool adds,
                        float *out);

/// Extremes of floats along the middle axis of [outer, n, inner], with n at least 1.
void faa_float_extreme(bool smallest, FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *x,
                       void *out);

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#define CHEAP_GRAIN 32768
#define DEAR_GRAIN 8192

static inline size_t faa_size(FaaType type) {
  static const size_t sizes[] = {1, 4, 4, 8};
  return sizes[type];
}
