// The k best of many scores.
#include "CAnalysis.h"
#include "Vectors.h"

// Whether (score, index) comes after what slot s holds.
#define AFTER(score, index, s) \
  ((score) > list->scores[s] || ((score) == list->scores[s] && (index) > list->indices[s]))

static void sink(faa_nearest *list, float score, int32_t index, int64_t slot, int64_t size) {
  while (2 * slot + 1 < size) {
    int64_t child = 2 * slot + 1;
    if (child + 1 < size && AFTER(list->scores[child + 1], list->indices[child + 1], child)) child++;
    if (!(list->scores[child] > score || (list->scores[child] == score && list->indices[child] > index))) break;
    list->scores[slot] = list->scores[child];
    list->indices[slot] = list->indices[child];
    slot = child;
  }
  list->scores[slot] = score;
  list->indices[slot] = index;
}

static void offer(faa_nearest *list, float score, int32_t index) {
  if (list->count < list->k) {
    int64_t slot = list->count++;
    for (; slot > 0 && AFTER(score, index, (slot - 1) / 2); slot = (slot - 1) / 2) {
      list->scores[slot] = list->scores[(slot - 1) / 2];
      list->indices[slot] = list->indices[(slot - 1) / 2];
    }
    list->scores[slot] = score;
    list->indices[slot] = index;
  } else if (!AFTER(score, index, 0)) {
    sink(list, score, index, 0, list->k);
  }
}

VARIANTS void faa_nearest_offer(faa_nearest *list, int64_t count, const float *products, const float *norms, int32_t first,
                                const int32_t *names, int32_t except) {
  int64_t j = 0;
  for (; j + 8 <= count; j += 8) {
    const f8 s = *(const f8 *)(products + j) + *(const f8 *)(norms + j);
    const float bound = list->count < list->k ? __builtin_inff() : list->scores[0];
    if (!__builtin_reduce_or(s <= bound)) continue;
    for (int l = 0; l < 8; l++) {
      const int32_t name = names ? names[j + l] : first + (int32_t)(j + l);
      if (s[l] <= bound && name != except) offer(list, s[l], name);
    }
  }
  for (; j < count; j++) {
    const int32_t name = names ? names[j] : first + (int32_t)j;
    if (name != except) offer(list, products[j] + norms[j], name);
  }
}

void faa_nearest_sort(faa_nearest *list) {
  for (int64_t size = list->count - 1; size > 0; size--) {
    const float score = list->scores[size];
    const int32_t index = list->indices[size];
    list->scores[size] = list->scores[0];
    list->indices[size] = list->indices[0];
    sink(list, score, index, 0, size);
  }
}

VARIANTS float faa_centred(int64_t count, const double *x, const double *centre, double scale, float *out) {
  float total = 0;
  for (int64_t i = 0; i < count; i++) {
    out[i] = (float)((x[i] - centre[i]) * scale);
  }
  f8 sum = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const f8 v = *(const f8 *)(out + i);
    sum += v * v;
  }
  for (; i < count; i++) total += out[i] * out[i];
  return SUM(sum) + total;
}
