// Stable argsort of rows: a radix sort of unsigned keys that order as the elements do, insertion for short rows. The first few in
// that order are selected without sorting the rest.
#include <stdatomic.h>
#include <string.h>

#include "Elementwise.h"

#define SHORT 48  // below this insertion is faster than the counting passes

typedef struct {
  uint64_t key;
  int32_t index;
} Keyed;

static uint64_t key_of(FaaType type, const void *x, ptrdiff_t i) {
  switch (type) {
    case FaaBool: return ((const uint8_t *)x)[i];
    case FaaI32: return (uint32_t)((const int32_t *)x)[i] ^ 0x80000000u;
    case FaaF32: {
      float value = ((const float *)x)[i];
      if (value != value) return UINT32_MAX;
      uint32_t bits;
      value += 0.0f;  // -0 becomes 0
      memcpy(&bits, &value, sizeof bits);
      return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    }
    case FaaF64: {
      double value = ((const double *)x)[i];
      if (value != value) return UINT64_MAX;
      uint64_t bits;
      value += 0.0;
      memcpy(&bits, &value, sizeof bits);
      return bits & 0x8000000000000000u ? ~bits : bits | 0x8000000000000000u;
    }
  }
  return 0;
}

static void insertion(Keyed *row, ptrdiff_t n) {
  for (ptrdiff_t i = 1; i < n; i++) {
    Keyed moving = row[i];
    ptrdiff_t j = i;
    for (; j > 0 && row[j - 1].key > moving.key; j--) row[j] = row[j - 1];
    row[j] = moving;
  }
}

/// Sorts `row` by bytes from the lowest, with `other` as the second buffer; returns where the result is.
static Keyed *radix(Keyed *row, Keyed *other, ptrdiff_t n, int bytes) {
  for (int byte = 0; byte < bytes; byte++) {
    ptrdiff_t start[256] = {0};
    int shift = byte * 8;
    for (ptrdiff_t i = 0; i < n; i++) start[row[i].key >> shift & 255]++;
    if (start[row[0].key >> shift & 255] == n) continue;  // all equal in this byte
    ptrdiff_t total = 0;
    for (int value = 0; value < 256; value++) {
      ptrdiff_t count = start[value];
      start[value] = total;
      total += count;
    }
    for (ptrdiff_t i = 0; i < n; i++) other[start[row[i].key >> shift & 255]++] = row[i];
    Keyed *sorted = other;
    other = row;
    row = sorted;
  }
  return row;
}

/// Sorts `row` with `other` as the second buffer; returns where the result is.
static Keyed *sorted(Keyed *row, Keyed *other, ptrdiff_t n, int bytes) {
  if (n >= SHORT) return radix(row, other, n, bytes);
  insertion(row, n);
  return row;
}

static uint64_t mask_of(FaaType type) {
  int bytes = (int)faa_size(type);
  return bytes == 8 ? UINT64_MAX : ((uint64_t)1 << bytes * 8) - 1;
}

typedef struct {
  FaaType type;
  bool descending;
  ptrdiff_t rows, n, rows_per_chunk;
  const void *x;
  int32_t *out;
  atomic_int fault;
} Sort;

static void sort_chunk(void *context, ptrdiff_t chunk) {
  Sort *s = context;
  ptrdiff_t first = chunk * s->rows_per_chunk, last = first + s->rows_per_chunk, n = s->n;
  if (last > s->rows) last = s->rows;
  size_t bytes = 2 * (size_t)n * sizeof(Keyed);
  Keyed *scratch = faa_allocate(bytes);
  if (!scratch) {
    atomic_store_explicit(&s->fault, 1, memory_order_relaxed);
    return;
  }
  int key_bytes = (int)faa_size(s->type);
  uint64_t mask = mask_of(s->type);
  for (ptrdiff_t r = first; r < last; r++) {
    for (ptrdiff_t i = 0; i < n; i++) {
      uint64_t key = key_of(s->type, s->x, r * n + i);
      // The complement reverses the order of unequal keys and leaves equal ones to their positions.
      scratch[i] = (Keyed){s->descending ? ~key & mask : key, (int32_t)i};
    }
    Keyed *row = sorted(scratch, scratch + n, n, key_bytes);
    for (ptrdiff_t i = 0; i < n; i++) s->out[r * n + i] = row[i].index;
  }
  faa_release(scratch, bytes);
}

int faa_argsort(FaaType type, bool descending, ptrdiff_t rows, ptrdiff_t n, const void *x, int32_t *out) {
  if (rows * n == 0) return 0;
  Sort sort = {.type = type, .descending = descending, .rows = rows, .n = n, .x = x, .out = out,
               .rows_per_chunk = DEAR_GRAIN / n + 1};
  atomic_init(&sort.fault, 0);
  faa_parallel((rows + sort.rows_per_chunk - 1) / sort.rows_per_chunk, sort_chunk, &sort);
  return atomic_load_explicit(&sort.fault, memory_order_relaxed);
}

#define BLOCK 64               // elements compared with the limit at once
#define PIECE ((ptrdiff_t)1 << 16)  // a long row is cut into pieces of this extent
#define FEW 1024               // so that what the pieces give is little beside the row

typedef struct {
  FaaType type;
  bool largest;
  ptrdiff_t rows, n, k, pieces, room, rows_per_chunk;
  const void *x;
  Keyed *partial;  // [rows, pieces, k], NULL where a row is one piece
  int32_t *out;
  atomic_int fault;
} Selection;

static inline int32_t order_i32(int32_t x) { return x; }
static inline int32_t order_f32(float x) {
  int32_t bits;
  float value = x + 0.0f;
  memcpy(&bits, &value, sizeof bits);
  return x != x ? INT32_MAX : bits ^ (bits >> 31 & INT32_MAX);
}
static inline int64_t order_f64(double x) {
  int64_t bits;
  double value = x + 0.0;
  memcpy(&bits, &value, sizeof bits);
  return x != x ? INT64_MAX : bits ^ (bits >> 63 & INT64_MAX);
}

/// Where the first block begins, from `i` on, that has an element before `limit`, or else the rest that fills no block. The keys are
/// those of `key_of`, as signed numbers; `flip` of -1 turns their order round.
#define SKIP(T, K, suffix)                                                                                  \
  CLONES static ptrdiff_t skip_##suffix(const T *x, ptrdiff_t i, ptrdiff_t end, K flip, K limit) {          \
    for (; i + BLOCK <= end; i += BLOCK) {                                                                  \
      K before = 0;                                                                                         \
      for (int j = 0; j < BLOCK; j++) before |= (order_##suffix(x[i + j]) ^ flip) < limit;                  \
      if (before) return i;                                                                                 \
    }                                                                                                       \
    return i;                                                                                               \
  }                                                                                                         \
  CLONES static K best_##suffix(const T *x, ptrdiff_t n, K flip) {                                          \
    K best = order_##suffix(x[0]) ^ flip;                                                                   \
    for (ptrdiff_t i = 1; i < n; i++) {                                                                     \
      K key = order_##suffix(x[i]) ^ flip;                                                                  \
      best = key < best ? key : best;                                                                       \
    }                                                                                                       \
    return best;                                                                                            \
  }
SKIP(int32_t, int32_t, i32)
SKIP(float, int32_t, f32)
SKIP(double, int64_t, f64)

static ptrdiff_t skip(const Selection *s, ptrdiff_t i, ptrdiff_t end, uint64_t limit) {
  int flip = s->largest ? -1 : 0;
  switch (s->type) {
    case FaaBool: return i;
    case FaaI32: return skip_i32(s->x, i, end, flip, (int32_t)((uint32_t)limit ^ 0x80000000u));
    case FaaF32: return skip_f32(s->x, i, end, flip, (int32_t)((uint32_t)limit ^ 0x80000000u));
    case FaaF64: return skip_f64(s->x, i, end, flip, (int64_t)(limit ^ 0x8000000000000000u));
  }
  return i;
}

static uint64_t best(const Selection *s, ptrdiff_t i, ptrdiff_t n) {
  int flip = s->largest ? -1 : 0;
  switch (s->type) {
    case FaaBool: break;
    case FaaI32: return (uint32_t)best_i32((const int32_t *)s->x + i, n, flip) ^ 0x80000000u;
    case FaaF32: return (uint32_t)best_f32((const float *)s->x + i, n, flip) ^ 0x80000000u;
    case FaaF64: return (uint64_t)best_f64((const double *)s->x + i, n, flip) ^ 0x8000000000000000u;
  }
  return 0;
}

/// A key before which k elements at i..<end stand: the one behind the k-th best of the bests of some groups of them. False where there
/// is none.
static bool bound(const Selection *s, ptrdiff_t i, ptrdiff_t end, Keyed *room, uint64_t *limit) {
  ptrdiff_t groups = 4 * s->k < SHORT ? SHORT - 1 : 4 * s->k < s->room ? 4 * s->k : s->room;
  ptrdiff_t extent = (end - i) / groups;
  if (extent < 4 || s->type == FaaBool) return false;
  for (ptrdiff_t g = 0; g < groups; g++) room[g] = (Keyed){best(s, i + g * extent, extent), 0};
  uint64_t key = sorted(room, room + s->room, groups, (int)faa_size(s->type))[s->k - 1].key;
  *limit = key + 1;
  return key != mask_of(s->type);
}

/// The first k elements, in the order of `faa_argsort`, of those at from..<to; `kept` has twice the room. An element is taken in
/// only where it stands before a limit that k others keep; when the room is full, the last of the first k so far is the new one.
static const Keyed *first_of(const Selection *s, ptrdiff_t r, ptrdiff_t from, ptrdiff_t to, Keyed *kept) {
  uint64_t mask = mask_of(s->type), turn = s->largest ? mask : 0;
  int bytes = (int)faa_size(s->type);
  ptrdiff_t count = 0, start = r * s->n, i = start + from, end = start + to;
  uint64_t limit = 0;
  if (!bound(s, i, end, kept, &limit))
    for (; i < end && count < s->room; i++)
      kept[count++] = (Keyed){key_of(s->type, s->x, i) ^ turn, (int32_t)(i - start)};
  for (;;) {
    while (i < end && count < s->room) {
      i = skip(s, i, end, limit);
      ptrdiff_t stop = i + BLOCK < end ? i + BLOCK : end;
      for (; i < stop && count < s->room; i++) {
        uint64_t key = key_of(s->type, s->x, i) ^ turn;
        if (key < limit) kept[count++] = (Keyed){key, (int32_t)(i - start)};
      }
    }
    Keyed *row = sorted(kept, kept + s->room, count, bytes);
    if (i == end) return row;
    if (row != kept) memcpy(kept, row, (size_t)s->k * sizeof *kept);
    limit = kept[s->k - 1].key;
    count = s->k;
  }
}

static Keyed *selection_scratch(Selection *s, ptrdiff_t elements) {
  Keyed *scratch = faa_allocate(2 * (size_t)elements * sizeof(Keyed));
  if (!scratch) atomic_store_explicit(&s->fault, 1, memory_order_relaxed);
  return scratch;
}

static void select_rows(void *context, ptrdiff_t chunk) {
  Selection *s = context;
  ptrdiff_t first = chunk * s->rows_per_chunk, last = first + s->rows_per_chunk;
  Keyed *kept = selection_scratch(s, s->room);
  if (!kept) return;
  for (ptrdiff_t r = first; r < (last < s->rows ? last : s->rows); r++) {
    const Keyed *row = first_of(s, r, 0, s->n, kept);
    for (ptrdiff_t i = 0; i < s->k; i++) s->out[r * s->k + i] = row[i].index;
  }
  faa_release(kept, 2 * (size_t)s->room * sizeof(Keyed));
}

static void select_piece(void *context, ptrdiff_t chunk) {
  Selection *s = context;
  ptrdiff_t piece = chunk % s->pieces, to = piece + 1 == s->pieces ? s->n : (piece + 1) * PIECE;
  Keyed *kept = selection_scratch(s, s->room);
  if (!kept) return;
  memcpy(s->partial + chunk * s->k, first_of(s, chunk / s->pieces, piece * PIECE, to, kept),
         (size_t)s->k * sizeof(Keyed));
  faa_release(kept, 2 * (size_t)s->room * sizeof(Keyed));
}

/// The pieces' elements stand in the order of their positions where they are equal, so that a stable sort settles the rest.
static void join_pieces(void *context, ptrdiff_t r) {
  Selection *s = context;
  ptrdiff_t n = s->pieces * s->k;
  Keyed *scratch = selection_scratch(s, n);
  if (!scratch) return;
  memcpy(scratch, s->partial + r * n, (size_t)n * sizeof(Keyed));
  const Keyed *row = sorted(scratch, scratch + n, n, (int)faa_size(s->type));
  for (ptrdiff_t i = 0; i < s->k; i++) s->out[r * s->k + i] = row[i].index;
  faa_release(scratch, 2 * (size_t)n * sizeof(Keyed));
}

int faa_argselect(FaaType type, bool largest, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const void *x, int32_t *out) {
  if (rows * k == 0) return 0;
  Selection s = {.type = type, .largest = largest, .rows = rows, .n = n, .k = k, .pieces = k <= FEW ? n / PIECE : 1,
                 .room = k + (k < 256 ? 256 : k), .rows_per_chunk = CHEAP_GRAIN / n + 1, .x = x, .out = out};
  atomic_init(&s.fault, 0);
  if (s.pieces > 1) {
    size_t bytes = (size_t)(rows * s.pieces * k) * sizeof(Keyed);
    s.partial = faa_allocate(bytes);
    if (!s.partial) return 1;
    faa_parallel(rows * s.pieces, select_piece, &s);
    if (!atomic_load_explicit(&s.fault, memory_order_relaxed)) faa_parallel(rows, join_pieces, &s);
    faa_release(s.partial, bytes);
  } else {
    faa_parallel((rows + s.rows_per_chunk - 1) / s.rows_per_chunk, select_rows, &s);
  }
  return atomic_load_explicit(&s.fault, memory_order_relaxed);
}
