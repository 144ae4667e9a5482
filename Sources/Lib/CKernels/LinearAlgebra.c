// LAPACK under our own pool, one thread a matrix. LAPACK stores columns, we store rows: it is handed the transpose, and
// each function says what that turns its result into.
#include "LinearAlgebra.h"

#include <cblas.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

// Fortran's interface: everything by reference, the lengths of strings last.
#define LAPACK(p, T)                                                                                                  \
  void p##potrf_(const char *, const blasint *, T *, const blasint *, blasint *, size_t);                             \
  void p##getrf_(const blasint *, const blasint *, T *, const blasint *, blasint *, blasint *);                       \
  void p##getrs_(const char *, const blasint *, const blasint *, const T *, const blasint *, const blasint *, T *,    \
                 const blasint *, blasint *, size_t);                                                                 \
  void p##syevd_(const char *, const char *, const blasint *, T *, const blasint *, T *, T *, const blasint *,        \
                 blasint *, const blasint *, blasint *, size_t, size_t);                                              \
  void p##gesdd_(const char *, const blasint *, const blasint *, T *, const blasint *, T *, T *, const blasint *,     \
                 T *, const blasint *, T *, const blasint *, blasint *, blasint *, size_t);                           \
  void p##geqrf_(const blasint *, const blasint *, T *, const blasint *, T *, T *, const blasint *, blasint *);       \
  void p##orgqr_(const blasint *, const blasint *, const blasint *, T *, const blasint *, const T *, T *,             \
                 const blasint *, blasint *);
LAPACK(s, float)
LAPACK(d, double)

/// The workspace LAPACK asks for, which it writes as a float: with what that may have rounded off.
static blasint room(double asked) { return (blasint)(asked * 1.000001) + 64; }

typedef struct Job {
  ptrdiff_t batch, m, n, columns, per_chunk;
  const void *x;
  const int32_t *pivots_in;
  void *out;
  int32_t *pivots, *info;
  bool lower, transposed, unit;
  int (*one)(const struct Job *job, ptrdiff_t b);
  atomic_int fault;
} Job;

static void chunk_of_matrices(void *context, ptrdiff_t chunk) {
  Job *job = context;
  ptrdiff_t first = chunk * job->per_chunk, last = first + job->per_chunk;
  for (ptrdiff_t b = first; b < (last < job->batch ? last : job->batch); b++) {
    job->info[b] = 0;
    if (job->one(job, b)) atomic_store_explicit(&job->fault, 1, memory_order_relaxed);
  }
}

static int run(Job *job) {
  if (job->n == 0 || job->columns == 0) {  // LAPACK refuses matrices without elements
    memset(job->info, 0, (size_t)job->batch * sizeof(int32_t));
    return 0;
  }
  atomic_init(&job->fault, 0);
  double work = (double)job->n * (double)job->n * (double)(job->m + job->columns + 1);
  job->per_chunk = work > 1e5 ? 1 : (ptrdiff_t)(1e5 / (work + 1)) + 1;
  faa_parallel((job->batch + job->per_chunk - 1) / job->per_chunk, chunk_of_matrices, job);
  return atomic_load_explicit(&job->fault, memory_order_relaxed);
}

#define KERNELS(T, p, suffix, FABS)                                                                                  \
  /* The lower triangle by rows is the upper one by columns; so is the factor. */                                    \
  static int cholesky_##suffix(const Job *job, ptrdiff_t b) {                                                        \
    blasint n = (blasint)job->n, info = 0;                                                                           \
    const T *x = (const T *)job->x + b * job->n * job->n;                                                            \
    T *out = (T *)job->out + b * job->n * job->n;                                                                    \
    for (ptrdiff_t i = 0; i < n; i++)                                                                                \
      for (ptrdiff_t j = 0; j < n; j++) out[i * n + j] = j <= i ? x[i * n + j] : 0;                                  \
    p##potrf_("U", &n, out, &n, &info, 1);                                                                           \
    job->info[b] = info;                                                                                             \
    return 0;                                                                                                        \
  }                                                                                                                  \
  static int lu_##suffix(const Job *job, ptrdiff_t b) {                                                              \
    blasint n = (blasint)job->n, info = 0;                                                                           \
    T *out = (T *)job->out + b * job->n * job->n;                                                                    \
    memcpy(out, (const T *)job->x + b * job->n * job->n, (size_t)(job->n * job->n) * sizeof(T));                     \
    p##getrf_(&n, &n, out, &n, job->pivots + b * job->n, &info);                                                     \
    job->info[b] = info;                                                                                             \
    return 0;                                                                                                        \
  }                                                                                                                  \
  /* What was factored is A^T, so that A itself is LAPACK's transposed case. */                                      \
  static int lu_solve_##suffix(const Job *job, ptrdiff_t b) {                                                        \
    blasint n = (blasint)job->n, count = (blasint)job->columns, info = 0;                                              \
    p##getrs_(job->transposed ? "N" : "T", &n, &count, (const T *)job->x + b * job->n * job->n, &n,                  \
              job->pivots_in + b * job->n, (T *)job->out + b * job->n * job->columns, &n, &info, 1);                   \
    job->info[b] = info;                                                                                             \
    return 0;                                                                                                        \
  }                                                                                                                  \
  static int triangular_##suffix(const Job *job, ptrdiff_t b) {                                                      \
    const T *x = (const T *)job->x + b * job->n * job->n;                                                            \
    if (!job->unit)                                                                                                  \
      for (ptrdiff_t i = 0; i < job->n; i++)                                                                         \
        if (x[i * job->n + i] == 0) {                                                                                \
          job->info[b] = (int32_t)i + 1;                                                                             \
          return 0;                                                                                                  \
        }                                                                                                            \
    cblas_##p##trsm(CblasRowMajor, CblasLeft, job->lower ? CblasLower : CblasUpper,                                  \
                    job->transposed ? CblasTrans : CblasNoTrans, job->unit ? CblasUnit : CblasNonUnit,               \
                    (blasint)job->n, (blasint)job->columns, 1, x, (blasint)job->n,                                     \
                    (T *)job->out + b * job->n * job->columns, (blasint)job->columns);                                   \
    return 0;                                                                                                        \
  }                                                                                                                  \
  /* Whether the largest of `count` elements, `step` apart, is negative. */                                          \
  static bool points_down_##suffix(const T *x, ptrdiff_t count, ptrdiff_t step) {                                    \
    ptrdiff_t best = 0;                                                                                              \
    for (ptrdiff_t i = 1; i < count; i++)                                                                            \
      if (FABS(x[i * step]) > FABS(x[best * step])) best = i;                                                        \
    return x[best * step] < 0;                                                                                       \
  }                                                                                                                  \
  static void negate_##suffix(T *x, ptrdiff_t count, ptrdiff_t step) {                                               \
    for (ptrdiff_t i = 0; i < count; i++) x[i * step] = -x[i * step];                                                \
  }                                                                                                                  \
  /* LAPACK's columns of eigenvectors are our rows. */                                                               \
  static int eigh_##suffix(const Job *job, ptrdiff_t b) {                                                            \
    blasint n = (blasint)job->n, info = 0, query = -1, iwork_size = 0;                                               \
    T *values = (T *)job->out + b * (job->n + 2) * job->n, *vectors = values + job->n, size = 0;                     \
    memset(vectors + job->n * job->n, 0, (size_t)job->n * sizeof(T));                                                \
    memcpy(vectors, (const T *)job->x + b * job->n * job->n, (size_t)(job->n * job->n) * sizeof(T));                 \
    p##syevd_("V", "U", &n, vectors, &n, values, &size, &query, &iwork_size, &query, &info, 1, 1);                   \
    blasint work_size = room(size);                                                                                          \
    size_t bytes = (size_t)work_size * sizeof(T) + (size_t)iwork_size * sizeof(blasint);                             \
    T *work = faa_allocate(bytes);                                                                                   \
    if (!work) return 1;                                                                                             \
    p##syevd_("V", "U", &n, vectors, &n, values, work, &work_size, (blasint *)(work + work_size), &iwork_size,       \
              &info, 1, 1);                                                                                          \
    faa_release(work, bytes);                                                                                        \
    job->info[b] = info;                                                                                             \
    for (ptrdiff_t i = 0; i < n; i++)                                                                                \
      if (points_down_##suffix(vectors + i * n, n, 1)) negate_##suffix(vectors + i * n, n, 1);                       \
    return 0;                                                                                                        \
  }                                                                                                                  \
  /* LAPACK decomposes A^T = V S U^T: its right factor by columns is U by rows, its left one is V to be transposed. */ \
  static int svd_##suffix(const Job *job, ptrdiff_t b) {                                                             \
    blasint m = (blasint)job->m, n = (blasint)job->n, k = m < n ? m : n, info = 0, query = -1;                       \
    T *u = (T *)job->out + b * (ptrdiff_t)(m + n + 2) * k, *values = u + (ptrdiff_t)m * k, *v = values + k;          \
    memset(v + (ptrdiff_t)n * k, 0, (size_t)k * sizeof(T));                                                          \
    T size = 0;                                                                                                      \
    blasint one_int = 0;                                                                                             \
    p##gesdd_("S", &n, &m, NULL, &n, NULL, NULL, &n, NULL, &k, &size, &query, &one_int, &info, 1);                   \
    blasint work_size = room(size);                                                                                          \
    size_t matrix = (size_t)m * (size_t)n, left = (size_t)n * (size_t)k;                                             \
    size_t bytes = (matrix + left + (size_t)work_size) * sizeof(T) + 8 * (size_t)k * sizeof(blasint);                \
    T *a = faa_allocate(bytes);                                                                                      \
    if (!a) return 1;                                                                                                \
    T *columns = a + matrix, *work = columns + left;                                                                 \
    memcpy(a, (const T *)job->x + (ptrdiff_t)matrix * b, matrix * sizeof(T));                                        \
    p##gesdd_("S", &n, &m, a, &n, values, columns, &n, u, &k, work, &work_size, (blasint *)(work + work_size),       \
              &info, 1);                                                                                             \
    for (ptrdiff_t i = 0; i < n; i++)                                                                                \
      for (ptrdiff_t j = 0; j < k; j++) v[i * k + j] = columns[i + j * n];                                           \
    faa_release(a, bytes);                                                                                           \
    for (ptrdiff_t j = 0; j < k; j++)                                                                                \
      if (points_down_##suffix(u + j, m, k)) {                                                                       \
        negate_##suffix(u + j, m, k);                                                                                \
        negate_##suffix(v + j, n, k);                                                                                \
      }                                                                                                              \
    job->info[b] = info;                                                                                             \
    return 0;                                                                                                        \
  }                                                                                                                  \
  static int qr_##suffix(const Job *job, ptrdiff_t b) {                                                              \
    blasint m = (blasint)job->m, n = (blasint)job->n, info = 0, query = -1;                                          \
    const T *x = (const T *)job->x + b * job->m * job->n;                                                            \
    T *q = (T *)job->out + b * (job->m + job->n) * job->n, *r = q + job->m * job->n, first = 0, second = 0;          \
    p##geqrf_(&m, &n, NULL, &m, NULL, &first, &query, &info);                                                        \
    p##orgqr_(&m, &n, &n, NULL, &m, NULL, &second, &query, &info);                                                   \
    blasint work_size = room(first > second ? first : second);                                                       \
    size_t matrix = (size_t)m * (size_t)n, bytes = (matrix + (size_t)n + (size_t)work_size) * sizeof(T);             \
    T *a = faa_allocate(bytes);                                                                                      \
    if (!a) return 1;                                                                                                \
    T *tau = a + matrix, *work = tau + n;                                                                            \
    for (ptrdiff_t i = 0; i < m; i++)                                                                                \
      for (ptrdiff_t j = 0; j < n; j++) a[i + j * m] = x[i * n + j];                                                 \
    p##geqrf_(&m, &n, a, &m, tau, work, &work_size, &info);                                                          \
    for (ptrdiff_t i = 0; i < n; i++)                                                                                \
      for (ptrdiff_t j = 0; j < n; j++) r[i * n + j] = j >= i ? a[i + j * m] : 0;                                    \
    p##orgqr_(&m, &n, &n, a, &m, tau, work, &work_size, &info);                                                      \
    for (ptrdiff_t i = 0; i < m; i++)                                                                                \
      for (ptrdiff_t j = 0; j < n; j++) q[i * n + j] = a[i + j * m];                                                 \
    faa_release(a, bytes);                                                                                           \
    for (ptrdiff_t j = 0; j < n; j++)                                                                                \
      if (r[j * n + j] < 0) {                                                                                        \
        negate_##suffix(r + j * n + j, n - j, 1);                                                                    \
        negate_##suffix(q + j, m, n);                                                                                \
      }                                                                                                              \
    job->info[b] = info;                                                                                             \
    return 0;                                                                                                        \
  }

KERNELS(float, s, f32, fabsf)
KERNELS(double, d, f64, fabs)

#define CHOOSE(name) (type == FaaF32 ? name##_f32 : name##_f64)

int faa_cholesky(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *x, void *out, int32_t *info) {
  Job job = {.batch = batch, .m = n, .n = n, .columns = n, .x = x, .out = out, .info = info, .one = CHOOSE(cholesky)};
  return run(&job);
}

int faa_lu(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *x, void *out, int32_t *pivots, int32_t *info) {
  Job job = {.batch = batch, .m = n, .n = n, .columns = n, .x = x, .out = out, .pivots = pivots, .info = info, .one = CHOOSE(lu)};
  return run(&job);
}

int faa_lu_solve(FaaType type, bool transposed, ptrdiff_t batch, ptrdiff_t n, ptrdiff_t count, const void *lu,
                 const int32_t *pivots, void *x, int32_t *info) {
  Job job = {.batch = batch, .n = n, .columns = count, .x = lu, .pivots_in = pivots, .out = x, .info = info,
             .transposed = transposed, .one = CHOOSE(lu_solve)};
  return run(&job);
}

int faa_triangular_solve(FaaType type, bool lower, bool transposed, bool unit, ptrdiff_t batch, ptrdiff_t n,
                         ptrdiff_t count, const void *triangle, void *x, int32_t *info) {
  Job job = {.batch = batch, .n = n, .columns = count, .x = triangle, .out = x, .info = info, .lower = lower,
             .transposed = transposed, .unit = unit, .one = CHOOSE(triangular)};
  return run(&job);
}

int faa_eigh(FaaType type, ptrdiff_t batch, ptrdiff_t n, const void *x, void *out, int32_t *info) {
  Job job = {.batch = batch, .m = n, .n = n, .columns = n, .x = x, .out = out, .info = info, .one = CHOOSE(eigh)};
  return run(&job);
}

int faa_svd(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, const void *x, void *out, int32_t *info) {
  Job job = {.batch = batch, .m = m, .n = n, .columns = m, .x = x, .out = out, .info = info, .one = CHOOSE(svd)};
  return run(&job);
}

int faa_qr(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, const void *x, void *out, int32_t *info) {
  Job job = {.batch = batch, .m = m, .n = n, .columns = m, .x = x, .out = out, .info = info, .one = CHOOSE(qr)};
  return run(&job);
}
