// One step of Adam over a parameter: three arrays read and written where they lie, in one pass.
#include <math.h>

#include "Elementwise.h"

typedef struct {
  FaaType type;
  ptrdiff_t count;
  FaaAdam c;
  const void *g;
  void *p, *m, *v;
} Step;

#define ADAM(T, suffix)                                                                                           \
  CLONES static void adam_##suffix(const FaaAdam *c, const T *restrict g, T *restrict p, T *restrict m,           \
                                   T *restrict v, ptrdiff_t n) {                                                  \
    T beta1 = (T)c->beta1, beta2 = (T)c->beta2, rest1 = (T)(1 - c->beta1), rest2 = (T)(1 - c->beta2);             \
    T rate = (T)(c->rate / c->correction1), epsilon = (T)c->epsilon, inverse = (T)(1 / c->root2);                 \
    T keep = (T)c->keep;                                                                                          \
    for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
      T old = p[i];                                                                                               \
      T first = beta1 * m[i] + rest1 * g[i], second = beta2 * v[i] + rest2 * (g[i] * g[i]);                       \
      m[i] = first;                                                                                               \
      v[i] = second;                                                                                              \
      p[i] = keep * old - rate * first / (__builtin_elementwise_sqrt(second) * inverse + epsilon);                \
    }                                                                                                             \
  }
ADAM(float, f32)
ADAM(double, f64)

static void step_chunk(void *context, ptrdiff_t chunk) {
  const Step *s = context;
  ptrdiff_t at = chunk * DEAR_GRAIN;
  ptrdiff_t n = s->count - at < DEAR_GRAIN ? s->count - at : DEAR_GRAIN;
  if (s->type == FaaF32)
    adam_f32(&s->c, (const float *)s->g + at, (float *)s->p + at, (float *)s->m + at, (float *)s->v + at, n);
  else
    adam_f64(&s->c, (const double *)s->g + at, (double *)s->p + at, (double *)s->m + at, (double *)s->v + at, n);
}

int faa_adam(FaaType type, ptrdiff_t count, FaaAdam constants, const void *g, void *p, void *m, void *v) {
  if (type < FaaF32) return -1;
  Step step = {type, count, constants, g, p, m, v};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, step_chunk, &step);
  return 0;
}
