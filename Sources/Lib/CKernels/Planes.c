// Moving elements within planes: gather and scatter by an index, and maxima under windows.
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t channels, planes, plane, count, planes_per_chunk;
  const int32_t *index;
  const char *x;
  char *out;
} Move;

#define MOVE(T, suffix)                                                                                 \
  static void gather_##suffix(const T *x, const int32_t *index, ptrdiff_t count, T *out) {              \
    for (ptrdiff_t j = 0; j < count; j++) out[j] = index[j] < 0 ? 0 : x[index[j]];                      \
  }                                                                                                     \
  static void scatter_##suffix(const T *g, const int32_t *index, ptrdiff_t count, T *out) {             \
    for (ptrdiff_t j = 0; j < count; j++)                                                               \
      if (index[j] >= 0) out[index[j]] += g[j];                                                         \
  }

MOVE(float, f32)
MOVE(double, f64)

static ptrdiff_t chunk_end(const Move *m, ptrdiff_t first) {
  ptrdiff_t last = first + m->planes_per_chunk;
  return last < m->planes ? last : m->planes;
}

static void gather_chunk(void *context, ptrdiff_t chunk) {
  const Move *m = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(m->type), first = chunk * m->planes_per_chunk;
  for (ptrdiff_t p = first; p < chunk_end(m, first); p++) {
    const int32_t *index = m->index + p / m->channels * m->count;
    const void *x = m->x + p * m->plane * size;
    void *out = m->out + p * m->count * size;
    if (m->type == FaaF32)
      gather_f32(x, index, m->count, out);
    else
      gather_f64(x, index, m->count, out);
  }
}

static void scatter_chunk(void *context, ptrdiff_t chunk) {
  const Move *m = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(m->type), first = chunk * m->planes_per_chunk;
  for (ptrdiff_t p = first; p < chunk_end(m, first); p++) {
    const int32_t *index = m->index + p / m->channels * m->count;
    const void *g = m->x + p * m->count * size;
    void *out = m->out + p * m->plane * size;
    memset(out, 0, (size_t)(m->plane * size));
    if (m->type == FaaF32)
      scatter_f32(g, index, m->count, out);
    else
      scatter_f64(g, index, m->count, out);
  }
}

static void move(Move m, void (*body)(void *, ptrdiff_t)) {
  m.planes_per_chunk = DEAR_GRAIN / (m.count + m.plane + 1) + 1;
  faa_parallel((m.planes + m.planes_per_chunk - 1) / m.planes_per_chunk, body, &m);
}

void faa_plane_gather(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t plane, ptrdiff_t count,
                      const int32_t *index, const void *x, void *out) {
  move((Move){type, channels, batch * channels, plane, count, 0, index, x, out}, gather_chunk);
}

void faa_plane_scatter(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t plane, ptrdiff_t count,
                       const int32_t *index, const void *g, void *out) {
  move((Move){type, channels, batch * channels, plane, count, 0, index, g, out}, scatter_chunk);
}

// ---- Maximum under windows: first down the rows of a window, whole rows at a time, then across. -----------

typedef struct {
  FaaType type;
  ptrdiff_t planes, height, width, planes_per_chunk;
  FaaWindows rows, columns;
  const char *x;
  char *out;
  int32_t *index;
  atomic_int fault;
} MaxPool;

#define MAXIMUM(T, suffix)                                                                                           \
  CLONES static void fold_row_##suffix(const T *restrict row, int32_t position, ptrdiff_t width, T *restrict best,   \
                                       int32_t *restrict where) {                                                    \
    for (ptrdiff_t x = 0; x < width; x++) {                                                                          \
      int better = (row[x] > best[x]) | (row[x] != row[x]);                                                          \
      best[x] = better ? row[x] : best[x];                                                                           \
      where[x] = better ? position + (int32_t)x : where[x];                                                          \
    }                                                                                                                \
  }                                                                                                                  \
  static void max_plane_##suffix(const MaxPool *m, const T *x, T *out, int32_t *index, T *best, int32_t *where) {    \
    for (ptrdiff_t i = 0; i < m->rows.count; i++) {                                                                  \
      ptrdiff_t row = m->rows.first[i];                                                                              \
      memcpy(best, x + row * m->width, (size_t)m->width * sizeof(T));                                                \
      for (ptrdiff_t c = 0; c < m->width; c++) where[c] = (int32_t)(row * m->width + c);                             \
      for (int32_t k = 1; k < m->rows.size[i]; k++) {                                                                \
        row += m->rows.step;                                                                                         \
        fold_row_##suffix(x + row * m->width, (int32_t)(row * m->width), m->width, best, where);                     \
      }                                                                                                              \
      for (ptrdiff_t j = 0; j < m->columns.count; j++, out++) {                                                      \
        ptrdiff_t c = m->columns.first[j];                                                                           \
        T top = best[c];                                                                                             \
        int32_t at = where[c];                                                                                       \
        for (int32_t k = 1; k < m->columns.size[j]; k++) {                                                           \
          c += m->columns.step;                                                                                      \
          /* Of equals the one in the higher row, which need not be the leftmost, comes first. */                    \
          int better = (best[c] > top) | (best[c] != best[c]) | ((best[c] == top) & (where[c] < at));                \
          top = better ? best[c] : top;                                                                              \
          at = better ? where[c] : at;                                                                               \
        }                                                                                                            \
        *out = top;                                                                                                  \
        if (index) *index++ = at;                                                                                    \
      }                                                                                                              \
    }                                                                                                                \
  }

MAXIMUM(float, f32)
MAXIMUM(double, f64)

static void max_chunk(void *context, ptrdiff_t chunk) {
  MaxPool *m = context;
  ptrdiff_t size = (ptrdiff_t)faa_size(m->type), result = m->rows.count * m->columns.count;
  size_t bytes = (size_t)m->width * ((size_t)size + sizeof(int32_t));
  char *scratch = faa_allocate(bytes);
  if (!scratch) {
    atomic_store(&m->fault, 1);
    return;
  }
  int32_t *where = (int32_t *)(scratch + m->width * size);
  ptrdiff_t first = chunk * m->planes_per_chunk, last = first + m->planes_per_chunk;
  if (last > m->planes) last = m->planes;
  for (ptrdiff_t p = first; p < last; p++) {
    const void *x = m->x + p * m->height * m->width * size;
    void *out = m->out + p * result * size;
    int32_t *index = m->index ? m->index + p * result : NULL;
    if (m->type == FaaF32)
      max_plane_f32(m, x, out, index, (float *)scratch, where);
    else
      max_plane_f64(m, x, out, index, (double *)scratch, where);
  }
  faa_release(scratch, bytes);
}

int faa_max_pool(FaaType type, ptrdiff_t planes, ptrdiff_t height, ptrdiff_t width, FaaWindows rows, FaaWindows columns,
                 const void *x, void *out, int32_t *index) {
  MaxPool m = {type, planes, height, width, DEAR_GRAIN / (height * width + 1) + 1, rows, columns, x, out, index, 0};
  faa_parallel((planes + m.planes_per_chunk - 1) / m.planes_per_chunk, max_chunk, &m);
  return atomic_load(&m.fault);
}
