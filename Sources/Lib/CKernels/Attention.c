// Attention without the matrix of all scores: each head of each batch element is worked through in tiles of queries, whose scores
// stay in the cache, and the operands are read where the projection left them.
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

// The most queries of a tile.
#define TILE 96

/// The queries of each of as many tiles as are needed, equal but for the last.
static ptrdiff_t tile_rows(const FaaAttention *s) {
  ptrdiff_t tiles = (s->queries + TILE - 1) / TILE;
  return tiles ? (s->queries + tiles - 1) / tiles : 0;
}

typedef struct {
  const FaaAttention *s;
  FaaTokens q, k, v, out, g, dq, dk, dv;
  FaaTokens tq, tk, tv, tg;  // tangents; data NULL for none
  atomic_int fault;
} Work;

static void *head(FaaType type, FaaTokens x, ptrdiff_t batch, ptrdiff_t h) {
  if (!x.data) return NULL;
  return (char *)x.data + (batch * x.batch + h * x.head) * (ptrdiff_t)faa_size(type);
}

#define SOFTMAX_VJP(T, suffix)                                                                                  \
  CLONES static void softmax_vjp_row_##suffix(const T *g, const T *y, T *out, ptrdiff_t n) {                    \
    _Pragma("clang fp reassociate(on)") T along = 0;                                                            \
    for (ptrdiff_t i = 0; i < n; i++) along += g[i] * y[i];                                                     \
    if (out == g)                                                                                               \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = y[i] * (out[i] - along);                                       \
    else                                                                                                        \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = y[i] * (g[i] - along);                                         \
  }
SOFTMAX_VJP(float, f32)
SOFTMAX_VJP(double, f64)

// Of a row of weights y with tangent t: from the cotangent g of the weights that of the scores, y (g - Σ y g), and its tangent,
// t (g - Σ y g) + y (h - Σ (t g + y h)), where h is g's tangent. They take the places of g and h.
#define SOFTMAX_CURVE(T, suffix)                                                                                \
  CLONES static void softmax_curve_row_##suffix(const T *restrict y, const T *restrict t, T *restrict g,        \
                                                T *restrict h, ptrdiff_t n) {                                   \
    _Pragma("clang fp reassociate(on)") T along = 0, change = 0;                                                \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                         \
      along += y[i] * g[i];                                                                                     \
      change += t[i] * g[i] + y[i] * h[i];                                                                      \
    }                                                                                                           \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                         \
      T level = g[i] - along;                                                                                   \
      h[i] = t[i] * level + y[i] * (h[i] - change);                                                             \
      g[i] = y[i] * level;                                                                                      \
    }                                                                                                           \
  }
SOFTMAX_CURVE(float, f32)
SOFTMAX_CURVE(double, f64)

#define ATTENTION(T, suffix, GEMM)                                                                              \
  static void add_mask_##suffix(const FaaAttention *s, ptrdiff_t b, ptrdiff_t h, ptrdiff_t first,               \
                                ptrdiff_t rows, T *scores) {                                                    \
    const T *mask = (const T *)s->mask + b * s->mask_strides[0] + h * s->mask_strides[1];                       \
    for (ptrdiff_t r = 0; r < rows; r++)                                                                        \
      for (ptrdiff_t c = 0; c < s->keys; c++)                                                                   \
        scores[r * s->keys + c] += mask[(first + r) * s->mask_strides[2] + c * s->mask_strides[3]];             \
  }                                                                                                             \
  /* The weights of queries first ..< first + rows. */                                                          \
  static void weights_##suffix(const FaaAttention *s, ptrdiff_t b, ptrdiff_t h, ptrdiff_t first,                \
                               ptrdiff_t rows, const T *q, ptrdiff_t ldq, const T *k, ptrdiff_t ldk,            \
                               T *scores) {                                                                     \
    GEMM(false, true, (int)rows, (int)s->keys, (int)s->size,                                                    \
         (T)s->scale, q + first * ldq, (int)ldq, k, (int)ldk, false, scores, (int)s->keys);                         \
    if (s->mask) add_mask_##suffix(s, b, h, first, rows, scores);                                               \
    faa_softmax(s->type, rows, s->keys, scores, scores);                                                        \
  }                                                                                                             \
  static void attend_##suffix(void *context, ptrdiff_t index) {                                                 \
    Work *w = context;                                                                                          \
    const FaaAttention *s = w->s;                                                                               \
    ptrdiff_t b = index / s->heads, h = index % s->heads;                                                       \
    const T *q = head(s->type, w->q, b, h), *k = head(s->type, w->k, b, h), *v = head(s->type, w->v, b, h);     \
    T *out = head(s->type, w->out, b, h);                                                                       \
    ptrdiff_t most = tile_rows(s);                                                                              \
    size_t bytes = (size_t)(most * s->keys) * sizeof(T);                                                        \
    T *scores = faa_allocate(bytes);                                                                            \
    if (!scores) {                                                                                              \
      atomic_store_explicit(&w->fault, 1, memory_order_relaxed);                                                \
      return;                                                                                                   \
    }                                                                                                           \
    for (ptrdiff_t first = 0; first < s->queries; first += most) {                                              \
      ptrdiff_t rows = s->queries - first < most ? s->queries - first : most;                                   \
      weights_##suffix(s, b, h, first, rows, q, w->q.token, k, w->k.token, scores);                             \
      GEMM(false, false, (int)rows, (int)s->size, (int)s->keys, 1,                                              \
           scores, (int)s->keys, v, (int)w->v.token, false, out + first * w->out.token,                         \
           (int)w->out.token);                                                                                  \
    }                                                                                                           \
    faa_release(scores, bytes);                                                                                 \
  }                                                                                                             \
  static void attend_vjp_##suffix(void *context, ptrdiff_t index) {                                             \
    Work *w = context;                                                                                          \
    const FaaAttention *s = w->s;                                                                               \
    ptrdiff_t b = index / s->heads, h = index % s->heads;                                                       \
    const T *q = head(s->type, w->q, b, h), *k = head(s->type, w->k, b, h), *v = head(s->type, w->v, b, h);     \
    const T *g = head(s->type, w->g, b, h);                                                                     \
    T *dq = head(s->type, w->dq, b, h), *dk = head(s->type, w->dk, b, h), *dv = head(s->type, w->dv, b, h);     \
    int keys = (int)s->keys, size = (int)s->size, ldg = (int)w->g.token;                                        \
    int ldq = (int)w->q.token, ldk = (int)w->k.token, ldv = (int)w->v.token;                                    \
    ptrdiff_t most = tile_rows(s);                                                                              \
    size_t bytes = 2 * (size_t)(most * s->keys) * sizeof(T);                                                    \
    T *scores = faa_allocate(bytes);                                                                            \
    if (!scores) {                                                                                              \
      atomic_store_explicit(&w->fault, 1, memory_order_relaxed);                                                \
      return;                                                                                                   \
    }                                                                                                           \
    T *change = scores + most * s->keys;                                                                        \
    for (ptrdiff_t first = 0; first < s->queries; first += most) {                                              \
      ptrdiff_t count = s->queries - first < most ? s->queries - first : most;                                  \
      int rows = (int)count;                                                                                    \
      bool adds = first > 0; /* the first tile writes dK and dV, the others add to them */                       \
      const T *gt = g + first * w->g.token;                                                                     \
      weights_##suffix(s, b, h, first, count, q, w->q.token, k, w->k.token, scores);                            \
      GEMM(true, false, keys, size, rows, 1, scores, keys, gt, ldg, adds, dv,                                   \
           (int)w->dv.token);                                                                                   \
      GEMM(false, true, rows, keys, size, 1, gt, ldg, v, ldv, false, change, keys);                                 \
      for (ptrdiff_t r = 0; r < count; r++)                                                                     \
        softmax_vjp_row_##suffix(change + r * s->keys, scores + r * s->keys, change + r * s->keys, s->keys);    \
      GEMM(false, false, rows, size, keys, (T)s->scale, change, keys, k, ldk, false,                            \
           dq + first * w->dq.token, (int)w->dq.token);                                                         \
      GEMM(true, false, keys, size, rows, (T)s->scale, change, keys,                                            \
           q + first * w->q.token, ldq, adds, dk, (int)w->dk.token);                                            \
    }                                                                                                           \
    faa_release(scores, bytes);                                                                                 \
  }                                                                                                             \
  /* out = a b + c d, where either product may be missing. */                                                   \
  static void two_products_##suffix(bool turn_left, bool turn_right, int m, int n, int k, T factor, const T *a, \
                                    int lda, const T *b, int ldb, const T *c, int ldc, const T *d, int ldd,     \
                                    bool adds, T *out, int ldo) {                                               \
    if (a && b) {                                                                                               \
      GEMM(turn_left, turn_right, m, n, k, factor, a, lda, b, ldb, adds, out, ldo);                             \
      adds = true;                                                                                              \
    }                                                                                                           \
    if (c && d) {                                                                                               \
      GEMM(turn_left, turn_right, m, n, k, factor, c, ldc, d, ldd, adds, out, ldo);                             \
      adds = true;                                                                                              \
    }                                                                                                           \
    if (!adds)                                                                                                  \
      for (int r = 0; r < m; r++) memset(out + (ptrdiff_t)r * ldo, 0, (size_t)n * sizeof(T));                   \
  }                                                                                                             \
  /* The tangent of the result, and of the cotangents where there is a cotangent g of the result. */            \
  static void attend_jvp_##suffix(void *context, ptrdiff_t index) {                                             \
    Work *w = context;                                                                                          \
    const FaaAttention *s = w->s;                                                                               \
    ptrdiff_t b = index / s->heads, h = index % s->heads;                                                       \
    const T *q = head(s->type, w->q, b, h), *k = head(s->type, w->k, b, h), *v = head(s->type, w->v, b, h);     \
    const T *tq = head(s->type, w->tq, b, h), *tk = head(s->type, w->tk, b, h);                                 \
    const T *tv = head(s->type, w->tv, b, h), *tg = head(s->type, w->tg, b, h), *g = head(s->type, w->g, b, h); \
    T *out = head(s->type, w->out, b, h);                                                                       \
    T *dq = head(s->type, w->dq, b, h), *dk = head(s->type, w->dk, b, h), *dv = head(s->type, w->dv, b, h);     \
    int keys = (int)s->keys, size = (int)s->size;                                                               \
    int ldq = (int)w->q.token, ldk = (int)w->k.token, ldv = (int)w->v.token, ldg = (int)w->g.token;             \
    int ldtq = (int)w->tq.token, ldtk = (int)w->tk.token, ldtv = (int)w->tv.token, ldtg = (int)w->tg.token;     \
    T scale = (T)s->scale;                                                                                      \
    ptrdiff_t most = tile_rows(s), tile = most * s->keys;                                                       \
    size_t bytes = (size_t)((g ? 4 : 2) * tile) * sizeof(T);                                                    \
    T *scores = faa_allocate(bytes);                                                                            \
    if (!scores) {                                                                                              \
      atomic_store_explicit(&w->fault, 1, memory_order_relaxed);                                                \
      return;                                                                                                   \
    }                                                                                                           \
    T *tangent = scores + tile, *change = tangent + tile, *bent = change + tile;                                \
    for (ptrdiff_t first = 0; first < s->queries; first += most) {                                              \
      ptrdiff_t count = s->queries - first < most ? s->queries - first : most;                                  \
      int rows = (int)count;                                                                                    \
      bool adds = first > 0;                                                                                    \
      const T *qt = q + first * ldq, *tqt = tq ? tq + first * ldtq : NULL;                                      \
      weights_##suffix(s, b, h, first, count, q, w->q.token, k, w->k.token, scores);                            \
      two_products_##suffix(false, true, rows, keys, size, scale, tqt, ldtq, k, ldk, qt, ldq, tk, ldtk, false,  \
                            tangent, keys);                                                                     \
      for (ptrdiff_t r = 0; r < count; r++)                                                                     \
        softmax_vjp_row_##suffix(tangent + r * keys, scores + r * keys, tangent + r * keys, keys);              \
      if (out)                                                                                                  \
        two_products_##suffix(false, false, rows, size, keys, 1, tangent, keys, v, ldv, scores, keys, tv, ldtv, \
                              false, out + first * w->out.token, (int)w->out.token);                            \
      if (!g) continue;                                                                                         \
      const T *gt = g + first * ldg, *tgt = tg ? tg + first * ldtg : NULL;                                      \
      GEMM(false, true, rows, keys, size, 1, gt, ldg, v, ldv, false, change, keys);                             \
      two_products_##suffix(false, true, rows, keys, size, 1, gt, ldg, tv, ldtv, tgt, ldtg, v, ldv, false,      \
                            bent, keys);                                                                        \
      for (ptrdiff_t r = 0; r < count; r++)                                                                     \
        softmax_curve_row_##suffix(scores + r * keys, tangent + r * keys, change + r * keys, bent + r * keys,   \
                                   keys);                                                                       \
      two_products_##suffix(true, false, keys, size, rows, 1, tangent, keys, gt, ldg, scores, keys, tgt, ldtg,  \
                            adds, dv, (int)w->dv.token);                                                        \
      two_products_##suffix(false, false, rows, size, keys, scale, bent, keys, k, ldk, change, keys, tk, ldtk,  \
                            false, dq + first * w->dq.token, (int)w->dq.token);                                 \
      two_products_##suffix(true, false, keys, size, rows, scale, bent, keys, qt, ldq, change, keys, tqt, ldtq, \
                            adds, dk, (int)w->dk.token);                                                        \
    }                                                                                                           \
    faa_release(scores, bytes);                                                                                 \
  }
ATTENTION(float, f32, faa_sgemm)
ATTENTION(double, f64, faa_dgemm)

int faa_attention(const FaaAttention *sizes, FaaTokens q, FaaTokens k, FaaTokens v, FaaTokens out) {
  if (sizes->type < FaaF32) return -1;
  Work work = {.s = sizes, .q = q, .k = k, .v = v, .out = out};
  atomic_init(&work.fault, 0);
  faa_parallel(sizes->batch * sizes->heads, sizes->type == FaaF32 ? attend_f32 : attend_f64, &work);
  return atomic_load_explicit(&work.fault, memory_order_relaxed);
}

int faa_attention_vjp(const FaaAttention *sizes, FaaTokens q, FaaTokens k, FaaTokens v, FaaTokens g, FaaTokens dq,
                      FaaTokens dk, FaaTokens dv) {
  if (sizes->type < FaaF32) return -1;
  Work work = {.s = sizes, .q = q, .k = k, .v = v, .g = g, .dq = dq, .dk = dk, .dv = dv};
  atomic_init(&work.fault, 0);
  faa_parallel(sizes->batch * sizes->heads, sizes->type == FaaF32 ? attend_vjp_f32 : attend_vjp_f64, &work);
  return atomic_load_explicit(&work.fault, memory_order_relaxed);
}

int faa_attention_jvp(const FaaAttention *sizes, FaaQKV at, FaaQKV tangents, FaaTokens out) {
  if (sizes->type < FaaF32) return -1;
  Work work = {.s = sizes, .q = at.q, .k = at.k, .v = at.v, .out = out,
               .tq = tangents.q, .tk = tangents.k, .tv = tangents.v};
  atomic_init(&work.fault, 0);
  faa_parallel(sizes->batch * sizes->heads, sizes->type == FaaF32 ? attend_jvp_f32 : attend_jvp_f64, &work);
  return atomic_load_explicit(&work.fault, memory_order_relaxed);
}

int faa_attention_vjp_jvp(const FaaAttention *sizes, FaaQKV at, FaaTokens g, FaaQKV tangents, FaaTokens tangent_g,
                          FaaTokens out, FaaQKV changes) {
  if (sizes->type < FaaF32) return -1;
  Work work = {.s = sizes, .q = at.q, .k = at.k, .v = at.v, .g = g, .out = out,
               .tq = tangents.q, .tk = tangents.k, .tv = tangents.v, .tg = tangent_g,
               .dq = changes.q, .dk = changes.k, .dv = changes.v};
  atomic_init(&work.fault, 0);
  faa_parallel(sizes->batch * sizes->heads, sizes->type == FaaF32 ? attend_jvp_f32 : attend_jvp_f64, &work);
  return atomic_load_explicit(&work.fault, memory_order_relaxed);
}

// ---- Softmax's derivative, of whole tensors -----------------------------------------------------------------

typedef struct {
  FaaType type;
  ptrdiff_t rows, n, rows_per_chunk;
  const void *g, *y;
  void *out;
} Rows;

static void softmax_vjp_chunk(void *context, ptrdiff_t chunk) {
  const Rows *r = context;
  ptrdiff_t first = chunk * r->rows_per_chunk, last = first + r->rows_per_chunk;
  for (ptrdiff_t i = first; i < (last < r->rows ? last : r->rows); i++) {
    ptrdiff_t at = i * r->n;
    if (r->type == FaaF32)
      softmax_vjp_row_f32((const float *)r->g + at, (const float *)r->y + at, (float *)r->out + at, r->n);
    else
      softmax_vjp_row_f64((const double *)r->g + at, (const double *)r->y + at, (double *)r->out + at, r->n);
  }
}

int faa_softmax_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *g, const void *y, void *out) {
  if (type < FaaF32) return -1;
  if (rows * n == 0) return 0;
  Rows work = {.type = type, .rows = rows, .n = n, .rows_per_chunk = CHEAP_GRAIN / n + 1, .g = g, .y = y, .out = out};
  faa_parallel((rows + work.rows_per_chunk - 1) / work.rows_per_chunk, softmax_vjp_chunk, &work);
  return 0;
}
