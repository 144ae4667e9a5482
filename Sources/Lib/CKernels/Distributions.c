// Distributions from Philox blocks: by the inverse distribution function, or by rejection with blocks of an element's own.
#include "Distributions.h"

#include <math.h>

#include "Elementwise.h"
#include "Philox.h"

/// In (0, 1): the middle of one of 2^53 equal intervals.
static double open_unit(uint64_t bits) { return ((double)(bits >> 11) + 0.5) * 0x1p-53; }

static double box_muller(uint32_t radius, uint32_t angle) {
  return sqrt(-2 * log(((double)radius + 0.5) * 0x1p-32)) * cos(6.283185307179586477 * (double)angle * 0x1p-32);
}

/// The probability below z.
static double normal_below(double z) { return 0.5 * erfc(-z * 0.70710678118654752440); }

/// The z with probability p below it, for p in (0, 1/2]: a rational first guess (Abramowitz and Stegun 26.2.23, error below
/// 4.5e-4) and three steps of Halley's method.
static double lower_quantile(double p) {
  double t = sqrt(-2 * log(p));
  double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int step = 0; step < 3; step++) {
    double u = (normal_below(z) - p) * 2.50662827463100050242 * exp(0.5 * z * z);
    if (!isfinite(u)) break;  // beyond -38, where the density is 0
    z -= u / (1 + 0.5 * z * u);
  }
  return z;
}

/// The standard normal between low and high, at the fraction u of its probability. Worked out in the tail that keeps the digits.
static double truncated_normal(double low, double high, double u) {
  bool mirrored = low + high > 0;
  double a = mirrored ? -high : low, b = mirrored ? -low : high;
  if (b < -37) {
    // The function vanishes: z e^(-z²/2), which has an inverse, in place of the density, from which it differs by 1 in b² at most.
    double least = exp((b - a) * (b + a) / 2), v = least + (mirrored ? 1 - u : u) * (1 - least);
    double z = v > 0 ? -sqrt(b * b - 2 * log(v)) : a;
    return mirrored ? -fmax(z, a) : fmax(z, a);
  }
  double below = normal_below(a);
  double p = below + (mirrored ? 1 - u : u) * (normal_below(b) - below);
  double z = p <= 0 ? a : p <= 0.5 ? lower_quantile(p) : p < 1 ? -lower_quantile(1 - p) : b;
  z = z < a ? a : z > b ? b : z;
  return mirrored ? -z : z;
}

/// Marsaglia and Tsang, A simple method for generating gamma variables (2000); shapes below 1 by the power of a uniform number.
static double log_gamma_variate(double shape, double scale, uint64_t seed, uint64_t stream, uint64_t element) {
  double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d), result = log(d);
  uint32_t block[4];
  for (uint64_t attempt = 0; attempt < 0xFFFE; attempt++) {
    faa_philox(seed, stream, (attempt + 1) << 48 | element, block);
    double z = box_muller(block[0], block[1]), root = 1 + c * z;
    if (root <= 0) continue;
    double v = root * root * root, u = ((double)block[2] + (double)block[3] * 0x1p-32) * 0x1p-32;
    if (log(u + 0x1p-65) < 0.5 * z * z + d - d * v + d * log(v)) {
      result = log(d * v);
      break;
    }
  }
  if (shape < 1) {
    faa_philox(seed, stream, (uint64_t)0xFFFF << 48 | element, block);
    result += log(open_unit((uint64_t)block[0] << 32 | block[1])) / shape;
  }
  return result + log(scale);
}

typedef struct {
  FaaDistribution distribution;
  FaaType type;
  double a, b;
  uint64_t seed, stream, draw;
  void *out;
  ptrdiff_t count;
} Fill;

static double value_of(const Fill *f, uint64_t bits) {
  switch (f->distribution) {
    case FaaNormal: return f->a + f->b * box_muller((uint32_t)(bits >> 32), (uint32_t)bits);
    case FaaExponential: return -log(open_unit(bits)) / f->a;
    case FaaTruncatedNormal: return truncated_normal(f->a, f->b, open_unit(bits));
    case FaaBernoulli: return (double)(bits >> 11) < f->a * 0x1p53 ? f->b : 0;
    case FaaInteger: {
      // The high half of the product with the range, as Lemire 2019 without the rejection.
      uint64_t range = (uint64_t)(f->b - f->a);
      return f->a + (double)(uint64_t)((unsigned __int128)bits * range >> 64);
    }
    case FaaLogGamma: break;  // made from blocks of its own
  }
  return 0;
}

static void fill_batch(const Fill *f, ptrdiff_t first, ptrdiff_t count) {
  uint64_t bits[PHILOX_BATCH];
  uint64_t element = f->draw + (uint64_t)first;
  if (f->distribution == FaaLogGamma) {
    for (ptrdiff_t i = 0; i < count; i++) {
      double value = log_gamma_variate(f->a, f->b, f->seed, f->stream, element + (uint64_t)i);
      if (f->type == FaaF32)
        ((float *)f->out)[first + i] = (float)value;
      else
        ((double *)f->out)[first + i] = value;
    }
    return;
  }
  faa_philox_bits(f->seed, f->stream, element, count, bits);
  if (f->distribution == FaaBernoulli && f->type == FaaF32) {
    // Dropout's masks are the hot case.
    uint64_t limit = (uint64_t)ceil(f->a * 0x1p53);
    float *out = (float *)f->out + first, value = (float)f->b;
    for (ptrdiff_t i = 0; i < count; i++) out[i] = bits[i] >> 11 < limit ? value : 0;
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    double value = value_of(f, bits[i]);
    switch (f->type) {
      case FaaBool: ((uint8_t *)f->out)[first + i] = value != 0; break;
      case FaaI32: ((int32_t *)f->out)[first + i] = (int32_t)value; break;
      case FaaF32: ((float *)f->out)[first + i] = (float)value; break;
      case FaaF64: ((double *)f->out)[first + i] = value; break;
    }
  }
}

static void fill_chunk(void *context, ptrdiff_t chunk) {
  const Fill *f = context;
  ptrdiff_t first = chunk * DEAR_GRAIN, last = first + DEAR_GRAIN;
  if (last > f->count) last = f->count;
  for (ptrdiff_t i = first; i < last; i += PHILOX_BATCH)
    fill_batch(f, i, last - i < PHILOX_BATCH ? last - i : PHILOX_BATCH);
}

void faa_random_fill(FaaDistribution distribution, FaaType type, double a, double b, uint64_t seed, uint64_t stream,
                     uint64_t draw, void *out, ptrdiff_t count) {
  Fill fill = {distribution, type, a, b, seed, stream, draw, out, count};
  faa_parallel((count + DEAR_GRAIN - 1) / DEAR_GRAIN, fill_chunk, &fill);
}

typedef struct {
  uint64_t seed, stream, draw;
  ptrdiff_t rows, n, count, rows_per_chunk;
  const double *x;
  int32_t *out;
} Categorical;

static void categorical_chunk(void *context, ptrdiff_t chunk) {
  const Categorical *c = context;
  ptrdiff_t first = chunk * c->rows_per_chunk, last = first + c->rows_per_chunk;
  for (ptrdiff_t r = first; r < (last < c->rows ? last : c->rows); r++) {
    const double *x = c->x + r * c->n;
    double total = 0;
    for (ptrdiff_t i = 0; i < c->n; i++) total += x[i];
    for (ptrdiff_t j = 0; j < c->count; j++) {
      uint64_t bits;
      faa_philox_bits(c->seed, c->stream, c->draw + (uint64_t)(r * c->count + j), 1, &bits);
      double u = open_unit(bits) * total, sum = 0;
      int32_t chosen = 0;
      for (ptrdiff_t i = 0; i < c->n; i++) {
        if (x[i] <= 0) continue;
        chosen = (int32_t)i;
        sum += x[i];
        if (u < sum) break;
      }
      c->out[r * c->count + j] = chosen;
    }
  }
}

void faa_random_categorical(uint64_t seed, uint64_t stream, uint64_t draw, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t count,
                            const double *x, int32_t *out) {
  if (rows * n * count == 0) return;
  Categorical c = {seed, stream, draw, rows, n, count, DEAR_GRAIN / (n * count) + 1, x, out};
  faa_parallel((rows + c.rows_per_chunk - 1) / c.rows_per_chunk, categorical_chunk, &c);
}
