// Steps of recorded linear maps, which are applied many times to vectors: combinations of vectors, (A + Aᵀ) x from one half of the matrix
// kept in the order it is read, and Aᵀ D A x with one reading of A. Large ones are bound by reading the matrix and by nothing else.
//
// The pool shares pieces whose number depends on the size only, and what they sum is added in their order, so that every bit does.
#include <math.h>
#include <string.h>

#include "Elementwise.h"

typedef float Lanes_f32 __attribute__((vector_size(32), aligned(4), may_alias));
typedef double Lanes_f64 __attribute__((vector_size(32), aligned(8), may_alias));
typedef float Four_f32 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double Four_f64 __attribute__((vector_size(32), aligned(8), may_alias));

#define COMBINE(suffix, T)                                                                                    \
  /* So many vectors of the sum, from element `first` on. */                                                  \
  static inline __attribute__((always_inline)) void combine_at_##suffix(                                      \
      const int vectors, ptrdiff_t first, int terms, const void *const *values, const void *const *weights,   \
      const double *scales, T *out) {                                                                         \
    typedef Lanes_##suffix V;                                                                                 \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    V sum[8] = {0};                                                                                           \
    for (int t = 0; t < terms;) {                                                                             \
      const T *w = (const T *)weights[t];                                                                     \
      if (!w) {                                                                                               \
        const T *x = (const T *)values[t] + first;                                                            \
        T scale = (T)scales[t++];                                                                             \
        for (int v = 0; v < vectors; v++) sum[v] += scale * *(const V *)(x + lanes * v);                      \
        continue;                                                                                             \
      }                                                                                                       \
      /* Neighbours with the same weights are added before these are read. */                                 \
      V group[8] = {0};                                                                                       \
      for (const void *same = w; t < terms && weights[t] == same; t++) {                                      \
        const T *x = (const T *)values[t] + first;                                                            \
        T scale = (T)scales[t];                                                                               \
        for (int v = 0; v < vectors; v++) group[v] += scale * *(const V *)(x + lanes * v);                    \
      }                                                                                                       \
      for (int v = 0; v < vectors; v++) sum[v] += *(const V *)(w + first + lanes * v) * group[v];             \
    }                                                                                                         \
    for (int v = 0; v < vectors; v++) *(V *)(out + first + lanes * v) = sum[v];                               \
  }                                                                                                           \
  CLONES static void combine_##suffix(ptrdiff_t count, int terms, const void *const *values,                  \
                                      const void *const *weights, const double *scales, T *out) {             \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    ptrdiff_t i = 0;                                                                                          \
    for (; i + 8 * lanes <= count; i += 8 * lanes)                                                            \
      combine_at_##suffix(8, i, terms, values, weights, scales, out);                                         \
    for (; i + lanes <= count; i += lanes) combine_at_##suffix(1, i, terms, values, weights, scales, out);    \
    for (; i < count; i++) {                                                                                  \
      T sum = 0;                                                                                              \
      for (int t = 0; t < terms;) {                                                                           \
        const T *w = (const T *)weights[t];                                                                   \
        T group = 0;                                                                                          \
        for (const void *same = w; t < terms && weights[t] == same; t++) group += (T)scales[t] * ((const T *)values[t])[i]; \
        sum += w ? w[i] * group : group;                                                                      \
      }                                                                                                       \
      out[i] = sum;                                                                                           \
    }                                                                                                         \
  }
COMBINE(f32, float)
COMBINE(f64, double)

typedef struct {
  FaaType type;
  ptrdiff_t count;
  int terms;
  const void *const *values, *const *weights;
  const double *scales;
  char *out;
} Combination;

// What a thread combines at a time, and the elements read from which on that is worth the pool.
#define COMBINED 8192
#define SHARED_READS 60000
#define MOST_TERMS 16

static void combine(FaaType type, ptrdiff_t count, int terms, const void *const *values, const void *const *weights,
                    const double *scales, void *out) {
  if (type == FaaF32)
    combine_f32(count, terms, values, weights, scales, out);
  else
    combine_f64(count, terms, values, weights, scales, out);
}

static void combine_piece(void *context, ptrdiff_t piece) {
  const Combination *p = context;
  ptrdiff_t first = piece * COMBINED, skip = first * (ptrdiff_t)faa_size(p->type);
  const void *values[MOST_TERMS], *weights[MOST_TERMS];
  for (int t = 0; t < p->terms; t++) {
    values[t] = (const char *)p->values[t] + skip;
    weights[t] = p->weights[t] ? (const char *)p->weights[t] + skip : NULL;
  }
  combine(p->type, p->count - first < COMBINED ? p->count - first : COMBINED, p->terms, values, weights, p->scales, p->out + skip);
}

void faa_combine(FaaType type, ptrdiff_t count, int terms, const void *const *values, const void *const *weights,
                 const double *scales, void *out) {
  ptrdiff_t reads = 0;
  for (int t = 0; t < terms; t++) reads += weights[t] ? 2 * count : count;
  if (terms > MOST_TERMS || count <= COMBINED || reads < SHARED_READS) {
    combine(type, count, terms, values, weights, scales, out);
    return;
  }
  Combination p = {.type = type, .count = count, .terms = terms, .values = values, .weights = weights, .scales = scales, .out = out};
  faa_parallel((count + COMBINED - 1) / COMBINED, combine_piece, &p);
}

void faa_repeat(const void *from, ptrdiff_t period, ptrdiff_t bytes, void *out) {
  ptrdiff_t filled = period < bytes ? period : bytes;
  memcpy(out, from, (size_t)filled);
  for (; filled < bytes && filled > 0; filled *= 2)
    memcpy((char *)out + filled, out, (size_t)(filled < bytes - filled ? filled : bytes - filled));
}

// From this many elements on, pieces are worth the pool.
#define SHARED_ELEMENTS 40000

// out[i] = Σ_c parts[c][i], where part c has `lengths[c]` elements; the last has them all.
static void add_parts(FaaType type, ptrdiff_t n, ptrdiff_t count, const char *parts, ptrdiff_t stride,
                      const ptrdiff_t *lengths, void *out) {
  ptrdiff_t size = (ptrdiff_t)faa_size(type);
  memcpy(out, parts + (count - 1) * stride * size, (size_t)(n * size));
  const double ones[] = {1, 1};
  const void *const none[] = {NULL, NULL};
  for (ptrdiff_t c = count - 2; c >= 0; c--) {
    const void *values[] = {out, parts + c * stride * size};
    faa_combine(type, lengths[c] < n ? lengths[c] : n, 2, values, none, ones, out);
  }
}

// ---- (A + Aᵀ) x ----------------------------------------------------------------------------------------------
//
// S = A + Aᵀ is kept as panels of eight rows, each up to and including its block on the diagonal, which is kept whole. A panel is two times four
// rows, and those go by vectors: four of the same columns, then the next four; so a product reads one stream from begin to end. Each element
// counts for its row and, left of the diagonal block, for its column.

#define PANEL 8
#define PARTS FAA_LINEAR_PARTS
// Packing goes by square tiles, so that whole cache lines of A are read across its rows too.
#define TILE_PANELS 16

static ptrdiff_t padded(ptrdiff_t n) { return (n + PANEL - 1) / PANEL * PANEL; }
/// The elements before panel p.
static ptrdiff_t panel_start(ptrdiff_t p) { return PANEL * PANEL / 2 * p * (p + 1); }
/// The first panel of part c: all parts have the same number of elements, about.
static ptrdiff_t part_start(ptrdiff_t panels, ptrdiff_t c, ptrdiff_t parts) {
  return c == parts ? panels : (ptrdiff_t)((double)panels * sqrt((double)c / (double)parts));
}

ptrdiff_t faa_symmetric_half_count(ptrdiff_t n) { return panel_start(padded(n) / PANEL); }
ptrdiff_t faa_symmetric_scratch_count(ptrdiff_t n) { return (PARTS + 1) * padded(n); }

typedef struct {
  FaaType type;
  ptrdiff_t n, leading, parts;
  const void *matrix;
  void *half, *scratch;
} Half;

#define SYMMETRIC(suffix, T)                                                                                  \
  /* Rows i to i + 3 of S at the columns of a vector from j on. */                                            \
  static inline __attribute__((always_inline)) void pack_block_##suffix(                                      \
      const T *a, ptrdiff_t lda, ptrdiff_t n, ptrdiff_t i, ptrdiff_t j, T *to) {                              \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    if (i + 4 > n || j + lanes > n) {                                                                         \
      for (int r = 0; r < 4; r++)                                                                             \
        for (int l = 0; l < lanes; l++)                                                                       \
          to[r * lanes + l] =                                                                                 \
              i + r < n && j + l < n ? a[(i + r) * lda + j + l] + a[(j + l) * lda + i + r] : 0;               \
      return;                                                                                                 \
    }                                                                                                         \
    for (int l = 0; l < lanes; l += 4) {                                                                      \
      const T *down = a + (j + l) * lda + i, *across = a + i * lda + j + l;                                   \
      Four_##suffix c0 = *(const Four_##suffix *)down, c1 = *(const Four_##suffix *)(down + lda);             \
      Four_##suffix c2 = *(const Four_##suffix *)(down + 2 * lda);                                            \
      Four_##suffix c3 = *(const Four_##suffix *)(down + 3 * lda);                                            \
      Four_##suffix t0 = __builtin_shufflevector(c0, c1, 0, 4, 2, 6);                                         \
      Four_##suffix t1 = __builtin_shufflevector(c0, c1, 1, 5, 3, 7);                                         \
      Four_##suffix t2 = __builtin_shufflevector(c2, c3, 0, 4, 2, 6);                                         \
      Four_##suffix t3 = __builtin_shufflevector(c2, c3, 1, 5, 3, 7);                                         \
      Four_##suffix turned[4] = {                                                                             \
          __builtin_shufflevector(t0, t2, 0, 1, 4, 5), __builtin_shufflevector(t1, t3, 0, 1, 4, 5),           \
          __builtin_shufflevector(t0, t2, 2, 3, 6, 7), __builtin_shufflevector(t1, t3, 2, 3, 6, 7)};          \
      for (int r = 0; r < 4; r++)                                                                             \
        *(Four_##suffix *)(to + r * lanes + l) = *(const Four_##suffix *)(across + r * lda) + turned[r];      \
    }                                                                                                         \
  }                                                                                                           \
  CLONES static void pack_##suffix(const T *a, ptrdiff_t lda, ptrdiff_t n, ptrdiff_t first, ptrdiff_t last,   \
                                   T *half) {                                                                 \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    for (ptrdiff_t tile = first; tile < last; tile += TILE_PANELS)                                            \
      for (ptrdiff_t from = 0; from < PANEL * (tile + TILE_PANELS); from += PANEL * TILE_PANELS)              \
        for (ptrdiff_t p = tile; p < tile + TILE_PANELS && p < last; p++) {                                   \
          ptrdiff_t columns = PANEL * (p + 1), end = from + PANEL * TILE_PANELS;                              \
          if (end > columns) end = columns;                                                                   \
          for (ptrdiff_t h = 0; h < PANEL; h += 4) {                                                          \
            T *to = half + panel_start(p) + h * columns;                                                      \
            for (ptrdiff_t j = from; j < end; j += lanes)                                                     \
              pack_block_##suffix(a, lda, n, PANEL * p + h, j, to + 4 * j);                                   \
          }                                                                                                   \
        }                                                                                                     \
  }                                                                                                           \
  CLONES static void symmetric_##suffix(const T *half, ptrdiff_t first, ptrdiff_t last, const T *x, T *y) {   \
    typedef Lanes_##suffix V;                                                                                 \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    const T *s = half + panel_start(first);                                                                   \
    for (ptrdiff_t i = PANEL * first; i < PANEL * last; i += 4) {                                             \
      ptrdiff_t diagonal = i / PANEL * PANEL;                                                                 \
      const T z[4] = {x[i], x[i + 1], x[i + 2], x[i + 3]};                                                    \
      V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                               \
      for (ptrdiff_t j = 0; j < diagonal; j += lanes, s += 4 * lanes) {                                       \
        V v = *(const V *)(x + j), sum = *(const V *)(y + j);                                                 \
        V b0 = *(const V *)s, b1 = *(const V *)(s + lanes);                                                   \
        V b2 = *(const V *)(s + 2 * lanes), b3 = *(const V *)(s + 3 * lanes);                                 \
        s0 += b0 * v;                                                                                         \
        s1 += b1 * v;                                                                                         \
        s2 += b2 * v;                                                                                         \
        s3 += b3 * v;                                                                                         \
        sum += b0 * z[0];                                                                                     \
        sum += b1 * z[1];                                                                                     \
        sum += b2 * z[2];                                                                                     \
        sum += b3 * z[3];                                                                                     \
        *(V *)(y + j) = sum;                                                                                  \
      }                                                                                                       \
      for (ptrdiff_t j = diagonal; j < diagonal + PANEL; j += lanes, s += 4 * lanes) {                        \
        V v = *(const V *)(x + j);                                                                            \
        s0 += *(const V *)s * v;                                                                              \
        s1 += *(const V *)(s + lanes) * v;                                                                    \
        s2 += *(const V *)(s + 2 * lanes) * v;                                                                \
        s3 += *(const V *)(s + 3 * lanes) * v;                                                                \
      }                                                                                                       \
      for (int l = 0; l < lanes; l++) {                                                                       \
        y[i] += s0[l];                                                                                        \
        y[i + 1] += s1[l];                                                                                    \
        y[i + 2] += s2[l];                                                                                    \
        y[i + 3] += s3[l];                                                                                    \
      }                                                                                                       \
    }                                                                                                         \
  }
SYMMETRIC(f32, float)
SYMMETRIC(f64, double)

static void pack_part(void *context, ptrdiff_t part) {
  Half *p = context;
  ptrdiff_t panels = padded(p->n) / PANEL;
  ptrdiff_t first = part_start(panels, part, p->parts), last = part_start(panels, part + 1, p->parts);
  if (p->type == FaaF32)
    pack_f32(p->matrix, p->leading, p->n, first, last, p->half);
  else
    pack_f64(p->matrix, p->leading, p->n, first, last, p->half);
}

static void symmetric_part(void *context, ptrdiff_t part) {
  Half *p = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(p->type), n = padded(p->n);
  ptrdiff_t first = part_start(n / PANEL, part, p->parts), last = part_start(n / PANEL, part + 1, p->parts);
  void *y = (char *)p->scratch + (part + 1) * n * size;
  memset(y, 0, (size_t)(PANEL * last * size));
  if (p->type == FaaF32)
    symmetric_f32(p->half, first, last, p->scratch, y);
  else
    symmetric_f64(p->half, first, last, p->scratch, y);
}

static ptrdiff_t parts_of(ptrdiff_t elements) { return elements < SHARED_ELEMENTS ? 1 : PARTS; }

void faa_symmetric_half(FaaType type, ptrdiff_t n, const void *matrix, ptrdiff_t leading, void *half) {
  Half p = {.type = type, .n = n, .leading = leading, .matrix = matrix, .half = half};
  p.parts = parts_of(faa_symmetric_half_count(n));
  faa_parallel(p.parts, pack_part, &p);
}

void faa_symmetric_product(FaaType type, ptrdiff_t n, const void *half, const void *x, void *scratch, void *out) {
  Half p = {.type = type, .n = n, .half = (void *)half, .scratch = scratch};
  p.parts = parts_of(faa_symmetric_half_count(n));
  ptrdiff_t size = (ptrdiff_t)faa_size(type), all = padded(n);
  memcpy(scratch, x, (size_t)(n * size));
  memset((char *)scratch + n * size, 0, (size_t)((all - n) * size));
  faa_parallel(p.parts, symmetric_part, &p);
  ptrdiff_t lengths[PARTS];
  for (ptrdiff_t c = 0; c < p.parts; c++) lengths[c] = PANEL * part_start(all / PANEL, c + 1, p.parts);
  add_parts(type, n, p.parts, (const char *)scratch + all * size, all, lengths, out);
}

// ---- Aᵀ D A x ------------------------------------------------------------------------------------------------
//
// Rows go by fours: their products with x, each times its weight, then those times the rows, which are still in the nearest caches.

typedef struct {
  FaaType type;
  ptrdiff_t rows, columns, leading, parts;
  const void *matrix, *weights, *x;
  void *scratch;
} ThereAndBack;

#define THERE_AND_BACK(suffix, T)                                                                             \
  CLONES static void there_and_back_##suffix(const T *a, ptrdiff_t lda, ptrdiff_t rows, ptrdiff_t n,          \
                                             const T *weights, const T *x, T *out) {                          \
    typedef Lanes_##suffix V;                                                                                 \
    enum { lanes = 32 / sizeof(T) };                                                                          \
    for (ptrdiff_t i = 0; i < rows; i += 4) {                                                                 \
      const T *row[4];                                                                                        \
      for (int r = 0; r < 4; r++) row[r] = a + (i + r < rows ? i + r : rows - 1) * lda;                       \
      V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                               \
      ptrdiff_t j = 0;                                                                                        \
      for (; j + lanes <= n; j += lanes) {                                                                    \
        V v = *(const V *)(x + j);                                                                            \
        s0 += *(const V *)(row[0] + j) * v;                                                                   \
        s1 += *(const V *)(row[1] + j) * v;                                                                   \
        s2 += *(const V *)(row[2] + j) * v;                                                                   \
        s3 += *(const V *)(row[3] + j) * v;                                                                   \
      }                                                                                                       \
      T z[4] = {0};                                                                                           \
      for (int l = 0; l < lanes; l++) {                                                                       \
        z[0] += s0[l];                                                                                        \
        z[1] += s1[l];                                                                                        \
        z[2] += s2[l];                                                                                        \
        z[3] += s3[l];                                                                                        \
      }                                                                                                       \
      for (ptrdiff_t k = j; k < n; k++)                                                                       \
        for (int r = 0; r < 4; r++) z[r] += row[r][k] * x[k];                                                 \
      for (int r = 0; r < 4; r++)                                                                             \
        z[r] = i + r >= rows ? 0 : weights ? weights[i + r] * z[r] : z[r];                                    \
      for (j = 0; j + lanes <= n; j += lanes) {                                                               \
        V sum = *(const V *)(out + j);                                                                        \
        for (int r = 0; r < 4; r++) sum += *(const V *)(row[r] + j) * z[r];                                   \
        *(V *)(out + j) = sum;                                                                                \
      }                                                                                                       \
      for (; j < n; j++)                                                                                      \
        for (int r = 0; r < 4; r++) out[j] += row[r][j] * z[r];                                               \
    }                                                                                                         \
  }
THERE_AND_BACK(f32, float)
THERE_AND_BACK(f64, double)

static void there_and_back_part(void *context, ptrdiff_t part) {
  ThereAndBack *p = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(p->type), piece = (p->rows + 4 * p->parts - 1) / (4 * p->parts) * 4;
  ptrdiff_t first = part * piece, rows = p->rows - first < piece ? p->rows - first : piece;
  char *out = (char *)p->scratch + part * p->columns * size;
  memset(out, 0, (size_t)(p->columns * size));
  if (rows <= 0) return;
  const char *a = (const char *)p->matrix + first * p->leading * size;
  const char *weights = p->weights ? (const char *)p->weights + first * size : NULL;
  if (p->type == FaaF32)
    there_and_back_f32((const float *)a, p->leading, rows, p->columns, (const float *)weights, p->x, (float *)out);
  else
    there_and_back_f64((const double *)a, p->leading, rows, p->columns, (const double *)weights, p->x, (double *)out);
}

void faa_there_and_back(FaaType type, ptrdiff_t rows, ptrdiff_t columns, const void *matrix, ptrdiff_t leading,
                        const void *weights, const void *x, void *scratch, void *out) {
  ThereAndBack p = {.type = type, .rows = rows, .columns = columns, .leading = leading,
                    .matrix = matrix, .weights = weights, .x = x, .scratch = scratch};
  p.parts = parts_of(rows * columns);
  faa_parallel(p.parts, there_and_back_part, &p);
  ptrdiff_t lengths[PARTS] = {columns, columns, columns, columns};
  add_parts(type, columns, p.parts, scratch, columns, lengths, out);
}
