// Single-precision functions as branch-free polynomials, so that the loops around them vectorise. Each states its
// largest error, which the tests measure; the coefficients are Chebyshev interpolants made for these intervals.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE float bits_to_float(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE int32_t float_to_bits(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x; relative error below 1.5e-7, +inf above 88.73, denormal and then 0 below -87.4; NaN stays NaN.
INLINE float fast_exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer kept in the low bits
  float shifted = x * 1.44269504f + magic;
  int32_t n = float_to_bits(shifted) - float_to_bits(magic);
  float k = shifted - magic;
  float r = x - k * 0.693359375f;
  r = r - k * -2.12194440e-4f;
  float q = 0.001392692661f;
  q = q * r + 0.008363773874f;
  q = q * r + 0.04166655011f;
  q = q * r + 0.1666657338f;
  q = q * r + 0.5f;
  float p = 1.0f + (r + r * r * q);
  // Two factors, so that the halves of 2^n are normal even where the result is not.
  int32_t half = n >> 1;
  int32_t rest = n - half;
  half = half < -126 ? -126 : half > 127 ? 127 : half;
  rest = rest < -126 ? -126 : rest > 127 ? 127 : rest;
  return p * bits_to_float((half + 127) << 23) * bits_to_float((rest + 127) << 23);
}

/// ln x; relative error below 2e-7 away from 1 and absolute error below 1e-7 near it; -inf at 0, NaN below.
INLINE float fast_log(float x) {
  int tiny = x < 1.17549435e-38f;
  float y = tiny ? x * 8388608.0f : x;
  int32_t bits = float_to_bits(y);
  int32_t offset = bits - 0x3f3504f3;  // the bits of sqrt(1/2): the mantissa ends in [sqrt(1/2), sqrt(2))
  int32_t exponent = offset >> 23;
  float m = bits_to_float(bits - (int32_t)((uint32_t)exponent << 23));
  float f = m - 1.0f;
  float q = 0.06971611471f;
  q = q * f - 0.1147973385f;
  q = q * f + 0.1168541992f;
  q = q * f - 0.1242568733f;
  q = q * f + 0.1424905765f;
  q = q * f - 0.1666780232f;
  q = q * f + 0.2000071575f;
  q = q * f - 0.2499999696f;
  q = q * f + 0.3333333118f;
  float e = (float)(exponent - (tiny ? 23 : 0));
  float f2 = f * f;
  float result = f2 * f * q + e * -2.12194440e-4f;
  result = result - 0.5f * f2;
  result = f + result + e * 0.693359375f;
  result = x > 3.4028234e38f ? x : result;  // +inf
  result = x == 0.0f ? -INFINITY : result;
  result = x < 0.0f ? NAN : result;
  return x != x ? x : result;
}

/// tanh x; relative error below 4e-7.
INLINE float fast_tanh(float x) {
  float u = x * x;
  float q = -0.00609671416f;
  q = q * u + 0.02099717899f;
  q = q * u - 0.05385090958f;
  q = q * u + 0.1333276974f;
  q = q * u - 0.3333332894f;
  float a = __builtin_fabsf(x);
  float small = a + a * u * q;
  float large = 1.0f - 2.0f / (fast_exp(2.0f * a) + 1.0f);
  return __builtin_copysignf(a < 0.625f ? small : large, x);
}

/// 1 / (1 + e^-x); relative error below 5e-7.
INLINE float fast_sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

/// e^x for x <= 0; relative error below 1.5e-7 down to -87, and e^-87 instead of what is smaller. One factor where `fast_exp` needs two.
INLINE float exp_of_negative(float x) {
  x = x > -87.0f ? x : -87.0f;
  const float magic = 12582912.0f;
  float shifted = x * 1.44269504f + magic;
  int32_t n = float_to_bits(shifted) - float_to_bits(magic);
  float k = shifted - magic;
  float r = x - k * 0.693359375f;
  r = r - k * -2.12194440e-4f;
  float q = 0.001392692661f;
  q = q * r + 0.008363773874f;
  q = q * r + 0.04166655011f;
  q = q * r + 0.1666657338f;
  q = q * r + 0.5f;
  return (1.0f + (r + r * r * q)) * bits_to_float((n + 127) << 23);
}

/// e^x for x <= 0; relative error below 1.5e-7 down to -87, and 0 below; NaN stays NaN.
INLINE float exp_or_zero(float x) {
  float e = exp_of_negative(x);
  return x < -87.0f ? 0.0f : x == x ? e : x;
}

/// erfc(a) e^(a^2) for 0 <= a, as t q(t) with t = 1 / (1 + a/2); relative error below 3e-7 up to 10.
INLINE float scaled_erfc(float a) {
  float t = 1.0f / (1.0f + 0.5f * a);
  float q = -0.05971491904f;
  q = q * t + 0.2877683099f;
  q = q * t - 0.4938636494f;
  q = q * t + 0.285697711f;
  q = q * t - 0.03184175786f;
  q = q * t + 0.2048536553f;
  q = q * t + 0.2425728929f;
  q = q * t + 0.282445042f;
  q = q * t + 0.2820826737f;
  return t * q;
}

/// erf x for |x| < 1; relative error below 3e-7.
INLINE float erf_small(float x) {
  float u = x * x;
  float q = 7.875875063e-5f;
  q = q * u - 0.0008016864287f;
  q = q * u + 0.005189087423f;
  q = q * u - 0.02685421201f;
  q = q * u + 0.1128359472f;
  q = q * u - 0.3761262667f;
  q = q * u + 1.128379166f;
  return x * q;
}

/// erf x; relative error below 4e-7.
INLINE float fast_erf(float x) {
  float a = x < 0 ? -x : x;
  float large = 1.0f - exp_of_negative(-a * a) * scaled_erfc(a);
  large = x < 0 ? -large : large;
  return a < 1.0f ? erf_small(x) : large;
}

/// x Phi(x), with the standard normal distribution function Phi; absolute error below 3e-7 |x|; 0 below -5.6. Phi is 1/2 and an odd
/// function, a quotient of polynomials: half the time of the error function by way of an exponential.
INLINE float fast_gelu(float x) {
  float y = x < -5.6f ? -5.6f : x > 5.6f ? 5.6f : x, t = y * y;
  float p = 2.217240966e-8f;
  p = p * t + 6.338290902e-6f;
  p = p * t + 1.726387640e-4f;
  p = p * t + 4.699986120e-3f;
  p = p * t + 3.426762043e-2f;
  p = p * t + 3.989422486e-1f;
  float q = 1.179624807e-6f;
  q = q * t + 7.465767158e-5f;
  q = q * t + 1.906283054e-3f;
  q = q * t + 2.887627474e-2f;
  q = q * t + 2.525621418e-1f;
  q = q * t + 1.0f;
  return x < -5.6f ? 0.0f : x * (0.5f + y * (p / q));
}

/// Phi(x) + x phi(x), the derivative of gelu; absolute error below 4e-7. It too is 1/2 and an odd function.
INLINE float fast_gelu_slope(float x) {
  float y = x < -6.0f ? -6.0f : x > 6.0f ? 6.0f : x, t = y * y;
  float p = 1.686145613e-8f;
  p = p * t + 9.064025730e-7f;
  p = p * t + 3.409944265e-5f;
  p = p * t + 1.970989000e-4f;
  p = p * t + 1.386942359e-2f;
  p = p * t - 2.267466418e-2f;
  p = p * t + 7.978845478e-1f;
  float q = 1.304900256e-9f;
  q = q * t + 3.337867703e-7f;
  q = q * t + 1.024052073e-5f;
  q = q * t + 2.438646354e-4f;
  q = q * t + 3.955917716e-3f;
  q = q * t + 4.402179119e-2f;
  q = q * t + 3.049146022e-1f;
  q = q * t + 1.0f;
  return 0.5f + y * (p / q);
}

/// phi(x) (2 - x^2), the second derivative of gelu; absolute error below 3e-7.
INLINE float fast_gelu_curve(float x) {
  float y = x < -14.0f ? -14.0f : x > 14.0f ? 14.0f : x, t = y * y;
  return 0.39894228f * exp_of_negative(-0.5f * t) * (2.0f - t);
}

/// ln(1 + e^x) without overflow; relative error below 1e-6.
INLINE float fast_softplus(float x) {
  float a = x < 0 ? -x : x;
  float u = fast_exp(-a);
  // log1p(u) = log(w) u / (w - 1) with w = 1 + u keeps the digits that 1 + u rounds away.
  float w = 1.0f + u;
  float d = w - 1.0f;
  float l = d == 0.0f ? u : fast_log(w) * (u / (d == 0.0f ? 1.0f : d));
  return (x > 0 ? x : x < 0 ? 0.0f : x) + l;
}

/// x sigmoid(x); relative error below 6e-7; -inf gives 0.
INLINE float fast_silu(float x) { return x < -104.0f ? 0.0f : x * fast_sigmoid(x); }

/// sigmoid(x) (1 + x sigmoid(-x)), the derivative of silu; absolute error below 3e-7.
INLINE float fast_silu_slope(float x) {
  float clipped = x < -88.0f ? -88.0f : x > 88.0f ? 88.0f : x;
  float s = fast_sigmoid(clipped);
  return s * (1.0f + clipped * fast_sigmoid(-clipped));
}

/// 0.5 x (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3), as x sigmoid(2u); absolute error below 1e-6; -inf gives 0.
INLINE float fast_gelu_tanh(float x) {
  float z = 1.59576912f * (x + 0.044715f * x * x * x);
  return x < -14.0f ? 0.0f : x * fast_sigmoid(z);
}

/// The derivative of `fast_gelu_tanh`; absolute error below 1e-6.
INLINE float fast_gelu_tanh_slope(float x) {
  float y = x < -14.0f ? -14.0f : x > 14.0f ? 14.0f : x;
  float z = 1.59576912f * (y + 0.044715f * y * y * y);
  float s = fast_sigmoid(z);
  return s + y * s * fast_sigmoid(-z) * 1.59576912f * (1.0f + 0.134145f * y * y);
}

/// x above 0, e^x - 1 below; absolute error below 2e-7, relative below 1e-6.
INLINE float fast_elu(float x) {
  // Near 0 a polynomial of expm1, where e^x - 1 would cancel.
  float q = 0.00019841270f;
  q = q * x + 0.0013888889f;
  q = q * x + 0.0083333333f;
  q = q * x + 0.041666667f;
  q = q * x + 0.16666667f;
  q = q * x + 0.5f;
  float small = x + x * x * q;
  float large = fast_exp(x) - 1.0f;
  return x > 0 ? x : x > -0.5f ? small : large;
}
