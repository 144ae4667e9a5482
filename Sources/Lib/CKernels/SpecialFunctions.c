// Polygamma functions: the recurrence up to a large argument, there the asymptotic series (Abramowitz and Stegun 6.3.18, 6.4.11).
#include "SpecialFunctions.h"

#include <math.h>

#include "Elementwise.h"

// Bernoulli numbers B2, B4, ...
static const double bernoulli[] = {1.0 / 6,    -1.0 / 30,      1.0 / 42, -1.0 / 30,       5.0 / 66,
                                   -691.0 / 2730, 7.0 / 6, -3617.0 / 510, 43867.0 / 798, -174611.0 / 330};
#define TERMS 10

static double digamma(double x) {
  // ψ(1 - x) - π / tan(π x): below 0, where the sum would be long; a pole has no side, and so no value.
  if (x < 0) return x == floor(x) ? NAN : digamma(1 - x) - M_PI / tan(M_PI * (x - rint(x)));
  double sum = 0;
  for (; x < 12; x++) sum -= 1 / x;
  double square = 1 / (x * x), power = square;
  sum += log(x) - 0.5 / x;
  for (int j = 1; j <= TERMS; j++, power *= square) sum -= bernoulli[j - 1] / (2 * j) * power;
  return sum;
}

/// (-1)^(order + 1) order! times the sum of (x + k)^-(order + 1) over k >= 0.
static double higher(int order, double x) {
  double sum = 0, s = order + 1;
  for (; x < 12 + s; x++) sum += pow(x, -s);
  sum += pow(x, -order) / order + 0.5 * pow(x, -s);
  // B_2j / (2j)! s (s + 1) ... (s + 2j - 2) x^-(s + 2j - 1)
  double term = s * pow(x, -s - 1) / 2;
  for (int j = 1; j <= TERMS; j++) {
    sum += bernoulli[j - 1] * term;
    term *= (s + 2 * j - 1) * (s + 2 * j) / ((2 * j + 1) * (2 * j + 2) * x * x);
  }
  return (order % 2 ? 1 : -1) * tgamma(s) * sum;
}

static double polygamma(int order, double x) {
  int sign;
  if (order < 0) return lgamma_r(x, &sign);
  if (x == INFINITY) return order == 0 ? x : 0;
  if (order == 0) return digamma(x);
  return x > -1000 ? higher(order, x) : NAN;
}

typedef struct {
  FaaType type;
  int order;
  const void *x;
  void *out;
  ptrdiff_t count;
} Polygamma;

static void polygamma_chunk(void *context, ptrdiff_t chunk) {
  const Polygamma *p = context;
  ptrdiff_t first = chunk * DEAR_GRAIN, last = first + DEAR_GRAIN;
  for (ptrdiff_t i = first; i < (last < p->count ? last : p->count); i++) {
    if (p->type == FaaF32)
      ((float *)p->out)[i] = (float)polygamma(p->order, ((const float *)p->x)[i]);
    else
      ((double *)p->out)[i] = polygamma(p->order, ((const double *)p->x)[i]);
  }
}

void faa_polygamma(FaaType type, int order, const void *x, void *out, ptrdiff_t count) {
  Polygamma p = {type, order, x, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, polygamma_chunk, &p);
}
