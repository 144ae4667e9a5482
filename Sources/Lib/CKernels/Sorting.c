// Stable argsort of rows: a radix sort of unsigned keys that order as the elements do, insertion for short rows.
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
  uint64_t mask = key_bytes == 8 ? UINT64_MAX : ((uint64_t)1 << key_bytes * 8) - 1;
  for (ptrdiff_t r = first; r < last; r++) {
    for (ptrdiff_t i = 0; i < n; i++) {
      uint64_t key = key_of(s->type, s->x, r * n + i);
      // The complement reverses the order of unequal keys and leaves equal ones to their positions.
      scratch[i] = (Keyed){s->descending ? ~key & mask : key, (int32_t)i};
    }
    Keyed *sorted = scratch;
    if (n < SHORT)
      insertion(scratch, n);
    else
      sorted = radix(scratch, scratch + n, n, key_bytes);
    for (ptrdiff_t i = 0; i < n; i++) s->out[r * n + i] = sorted[i].index;
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
