// Polygamma functions: the recurrence up to a large argument, there the asymptotic series (Abramowitz and Stegun 6.3.18, 6.4.11).
#include "SpecialFunctions.h"

#include <math.h>
#include <string.h>

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

// The largest order whose factorial is finite.
#define LAST_ORDER 170

/// The coefficients of the polynomial in cot(u) that is derivative number `order` of cot(u): cot' = -(1 + cot²). All have one sign, so
/// that nothing cancels.
static void cotangent_derivative(int order, double *coefficients) {
  double lower[LAST_ORDER + 2] = {0, 1}, upper[LAST_ORDER + 2];
  for (int k = 1; k <= order; k++) {
    for (int power = 0; power <= k + 1; power++) {
      double value = power <= k - 1 ? (power + 1) * lower[power + 1] : 0;
      if (power >= 2) value += (power - 1) * lower[power - 1];
      upper[power] = -value;
    }
    memcpy(lower, upper, (size_t)(k + 2) * sizeof *lower);
  }
  memcpy(coefficients, lower, (size_t)(order + 2) * sizeof *lower);
}

/// Below 0, from derivative number `order` of ψ(1 - x) - ψ(x) = π cot(π x). An even order has no value at its poles, where the sides differ.
static double reflected(int order, double x, const double *cotangent) {
  if (order > LAST_ORDER) return NAN;
  double from = x - rint(x);
  if (from == 0) return order % 2 ? INFINITY : NAN;
  double t = copysign(tan(M_PI * (0.5 - fabs(from))), from), square = t * t, sum = 0;
  for (int power = order + 1; power >= 0; power -= 2) sum = sum * square + cotangent[power];
  if (order % 2 == 0) sum *= t;
  return (order % 2 ? -1 : 1) * higher(order, 1 - x) - pow(M_PI, order + 1) * sum;
}

static double polygamma(int order, double x, const double *cotangent) {
  int sign;
  if (order < 0) return lgamma_r(x, &sign);
  if (x == INFINITY) return order == 0 ? x : 0;
  if (order == 0) return digamma(x);
  return x < 0 ? reflected(order, x, cotangent) : higher(order, x);
}

typedef struct {
  FaaType type;
  int order;
  double cotangent[LAST_ORDER + 2];
  const void *x;
  void *out;
  ptrdiff_t count;
} Polygamma;

static void polygamma_chunk(void *context, ptrdiff_t chunk) {
  const Polygamma *p = context;
  ptrdiff_t first = chunk * DEAR_GRAIN, last = first + DEAR_GRAIN;
  for (ptrdiff_t i = first; i < (last < p->count ? last : p->count); i++) {
    if (p->type == FaaF32)
      ((float *)p->out)[i] = (float)polygamma(p->order, ((const float *)p->x)[i], p->cotangent);
    else
      ((double *)p->out)[i] = polygamma(p->order, ((const double *)p->x)[i], p->cotangent);
  }
}

void faa_polygamma(FaaType type, int order, const void *x, void *out, ptrdiff_t count) {
  Polygamma p = {.type = type, .order = order, .x = x, .out = out, .count = count};
  if (order > 0 && order <= LAST_ORDER) cotangent_derivative(order, p.cotangent);
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, polygamma_chunk, &p);
}
