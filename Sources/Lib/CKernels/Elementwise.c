// Unary and binary kernels: one line an operation and type, and the tables that find them.
#include "Elementwise.h"

#include <limits.h>
#include <string.h>

#include "VectorMath.h"

// ---- Row templates ----------------------------------------------------------------------------------------

#define UNARY_ROW(name, IN, OUT, expression)                                                             \
  CLONES static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {              \
    const IN *restrict p = in[0];                                                                        \
    OUT *restrict out = o;                                                                               \
    ptrdiff_t sx = s[0];                                                                                 \
    if (sx == 1) {                                                                                       \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN x = p[i];                                                                                     \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    } else {                                                                                             \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN x = p[i * sx];                                                                                \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    }                                                                                                    \
    return 0;                                                                                            \
  }

#define BINARY_ROW(name, IN, OUT, expression)                                                            \
  CLONES static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {              \
    const IN *restrict p = in[0];                                                                        \
    const IN *restrict q = in[1];                                                                        \
    OUT *restrict out = o;                                                                               \
    ptrdiff_t sa = s[0], sb = s[1];                                                                      \
    int fault = 0;                                                                                       \
    if (sa == 1 && sb == 1) {                                                                            \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN a = p[i], b = q[i];                                                                           \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    } else if (sa == 1 && sb == 0) {                                                                     \
      IN b = q[0];                                                                                       \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN a = p[i];                                                                                     \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    } else if (sa == 0 && sb == 1) {                                                                     \
      IN a = p[0];                                                                                       \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN b = q[i];                                                                                     \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    } else {                                                                                             \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                \
        IN a = p[i * sa], b = q[i * sb];                                                                 \
        out[i] = (OUT)(expression);                                                                      \
      }                                                                                                  \
    }                                                                                                    \
    return fault;                                                                                        \
  }

#define UNARY_FLOAT(name, for_float, for_double)   \
  UNARY_ROW(name##_f32, float, float, for_float)   \
  UNARY_ROW(name##_f64, double, double, for_double)

#define BINARY_FLOAT(name, for_float, for_double)   \
  BINARY_ROW(name##_f32, float, float, for_float)   \
  BINARY_ROW(name##_f64, double, double, for_double)

// ---- Unary ------------------------------------------------------------------------------------------------

static double gelu64(double x) { return x < -40 ? 0 : x * 0.5 * erfc(-x * 0.70710678118654752440); }
static double gelu_slope64(double x) {
  if (x > 40 || x < -40) return x > 0;
  return 0.5 * erfc(-x * 0.70710678118654752440) + x * 0.39894228040143267794 * exp(-0.5 * x * x);
}
static double gelu_curve64(double x) {
  return x > 40 || x < -40 ? 0 : 0.39894228040143267794 * exp(-0.5 * x * x) * (2 - x * x);
}
static double softplus64(double x) { return (x > 0 ? x : x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }

UNARY_FLOAT(neg, -x, -x)
UNARY_FLOAT(abs, fabsf(x), fabs(x))
UNARY_FLOAT(sign, x > 0 ? 1.0f : x < 0 ? -1.0f : x, x > 0 ? 1.0 : x < 0 ? -1.0 : x)
UNARY_FLOAT(exp, fast_exp(x), exp(x))
UNARY_FLOAT(expm1, expm1f(x), expm1(x))
UNARY_FLOAT(log, fast_log(x), log(x))
UNARY_FLOAT(log1p, log1pf(x), log1p(x))
UNARY_FLOAT(sqrt, __builtin_elementwise_sqrt(x), __builtin_elementwise_sqrt(x))
UNARY_FLOAT(sin, sinf(x), sin(x))
UNARY_FLOAT(cos, cosf(x), cos(x))
UNARY_FLOAT(tan, tanf(x), tan(x))
UNARY_FLOAT(tanh, fast_tanh(x), tanh(x))
UNARY_FLOAT(sigmoid, fast_sigmoid(x), 1 / (1 + exp(-x)))
UNARY_FLOAT(softplus, fast_softplus(x), softplus64(x))
UNARY_FLOAT(erf, fast_erf(x), erf(x))
UNARY_FLOAT(relu, x > 0 ? x : x != x ? x : 0.0f, x > 0 ? x : x != x ? x : 0.0)
UNARY_FLOAT(gelu, fast_gelu(x), gelu64(x))
UNARY_FLOAT(reciprocal, 1.0f / x, 1.0 / x)
UNARY_FLOAT(square, x *x, x *x)
UNARY_FLOAT(floor, __builtin_floorf(x), __builtin_floor(x))
UNARY_FLOAT(ceil, __builtin_ceilf(x), __builtin_ceil(x))
UNARY_FLOAT(round, __builtin_rintf(x), __builtin_rint(x))
UNARY_ROW(isnan_f32, float, uint8_t, x != x)
UNARY_ROW(isnan_f64, double, uint8_t, x != x)
UNARY_ROW(isfinite_f32, float, uint8_t, x - x == 0)
UNARY_ROW(isfinite_f64, double, uint8_t, x - x == 0)
UNARY_ROW(not_bool, uint8_t, uint8_t, !x)
UNARY_ROW(isinf_f32, float, uint8_t, x == INFINITY || x == -INFINITY)
UNARY_ROW(isinf_f64, double, uint8_t, x == INFINITY || x == -INFINITY)

// Where the sigmoid is 0 to the last bit, x is bounded first: -inf times 0 would be NaN.
static double silu64(double x) { return x < -750 ? 0 : x / (1 + exp(-x)); }
static double silu_slope64(double x) {
  double bounded = x < -750 ? -750 : x > 750 ? 750 : x;
  double s = 1 / (1 + exp(-bounded));
  return s * (1 + bounded * (1 / (1 + exp(bounded))));
}
// x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3) is the same function as 0.5 x (1 + tanh u), without its cancellation.
static double gelu_tanh64(double x) {
  if (x < -40) return 0;
  return x / (1 + exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)));
}
static double gelu_tanh_slope64(double x) {
  double y = x < -40 ? -40 : x > 40 ? 40 : x, z = 1.5957691216057308 * (y + 0.044715 * y * y * y);
  double s = 1 / (1 + exp(-z));
  return s + y * s * (1 / (1 + exp(z))) * 1.5957691216057308 * (1 + 0.134145 * y * y);
}
UNARY_FLOAT(silu, fast_silu(x), silu64(x))
UNARY_FLOAT(gelu_tanh, fast_gelu_tanh(x), gelu_tanh64(x))
UNARY_FLOAT(elu, fast_elu(x), x > 0 ? x : expm1(x))
UNARY_FLOAT(hardswish, x <= -3 ? 0.0f : x >= 3 ? x : x * (x + 3) * (1.0f / 6),
            x <= -3 ? 0.0 : x >= 3 ? x : x * (x + 3) * (1.0 / 6))
UNARY_FLOAT(atan, atanf(x), atan(x))
UNARY_FLOAT(sinh, sinhf(x), sinh(x))
UNARY_FLOAT(cosh, coshf(x), cosh(x))
UNARY_FLOAT(asinh, asinhf(x), asinh(x))
UNARY_FLOAT(log2, log2f(x), log2(x))
UNARY_FLOAT(log10, log10f(x), log10(x))
UNARY_FLOAT(exp2, exp2f(x), exp2(x))
UNARY_FLOAT(rsqrt, 1.0f / __builtin_elementwise_sqrt(x), 1.0 / __builtin_elementwise_sqrt(x))
UNARY_FLOAT(trunc, __builtin_truncf(x), __builtin_trunc(x))

/// Integer operations that can leave the range report it.
#define UNARY_INT(name, result)                                                             \
  static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {        \
    const int32_t *p = in[0];                                                               \
    int32_t *out = o;                                                                       \
    int fault = 0;                                                                          \
    for (ptrdiff_t i = 0; i < n; i++) {                                                     \
      int64_t x = p[i * s[0]];                                                              \
      int64_t y = (result);                                                                 \
      out[i] = (int32_t)y;                                                                  \
      fault |= y != (int32_t)y;                                                             \
    }                                                                                       \
    return fault;                                                                           \
  }
UNARY_INT(neg_i32, -x)
UNARY_INT(abs_i32, x < 0 ? -x : x)
UNARY_INT(sign_i32, (x > 0) - (x < 0))
UNARY_INT(relu_i32, x > 0 ? x : 0)
UNARY_INT(square_i32, x *x)

typedef struct {
  FaaRow kernels[4];  // bool, i32, f32, f64
  ptrdiff_t grain;
  size_t out_size;  // 0: that of the input
} Row;

#define FLOATS(name) {NULL, NULL, name##_f32, name##_f64}
#define NUMBERS(name) {NULL, name##_i32, name##_f32, name##_f64}

static const Row unary_rows[FaaUnaryCount] = {
    [FaaNeg] = {NUMBERS(neg), CHEAP_GRAIN},
    [FaaAbs] = {NUMBERS(abs), CHEAP_GRAIN},
    [FaaSign] = {NUMBERS(sign), CHEAP_GRAIN},
    [FaaExp] = {FLOATS(exp), DEAR_GRAIN},
    [FaaExpm1] = {FLOATS(expm1), DEAR_GRAIN},
    [FaaLog] = {FLOATS(log), DEAR_GRAIN},
    [FaaLog1p] = {FLOATS(log1p), DEAR_GRAIN},
    [FaaSqrt] = {FLOATS(sqrt), CHEAP_GRAIN},
    [FaaSin] = {FLOATS(sin), DEAR_GRAIN},
    [FaaCos] = {FLOATS(cos), DEAR_GRAIN},
    [FaaTan] = {FLOATS(tan), DEAR_GRAIN},
    [FaaTanh] = {FLOATS(tanh), DEAR_GRAIN},
    [FaaSigmoid] = {FLOATS(sigmoid), DEAR_GRAIN},
    [FaaSoftplus] = {FLOATS(softplus), DEAR_GRAIN},
    [FaaErf] = {FLOATS(erf), DEAR_GRAIN},
    [FaaRelu] = {NUMBERS(relu), CHEAP_GRAIN},
    [FaaGelu] = {FLOATS(gelu), DEAR_GRAIN},
    [FaaReciprocal] = {FLOATS(reciprocal), CHEAP_GRAIN},
    [FaaSquare] = {NUMBERS(square), CHEAP_GRAIN},
    [FaaFloor] = {FLOATS(floor), CHEAP_GRAIN},
    [FaaCeil] = {FLOATS(ceil), CHEAP_GRAIN},
    [FaaRound] = {FLOATS(round), CHEAP_GRAIN},
    [FaaNot] = {{not_bool}, CHEAP_GRAIN},
    [FaaIsNaN] = {{NULL, NULL, isnan_f32, isnan_f64}, CHEAP_GRAIN, 1},
    [FaaIsFinite] = {{NULL, NULL, isfinite_f32, isfinite_f64}, CHEAP_GRAIN, 1},
    [FaaIsInf] = {{NULL, NULL, isinf_f32, isinf_f64}, CHEAP_GRAIN, 1},
    [FaaSilu] = {FLOATS(silu), DEAR_GRAIN},
    [FaaGeluTanh] = {FLOATS(gelu_tanh), DEAR_GRAIN},
    [FaaElu] = {FLOATS(elu), DEAR_GRAIN},
    [FaaHardswish] = {FLOATS(hardswish), CHEAP_GRAIN},
    [FaaAtan] = {FLOATS(atan), DEAR_GRAIN},
    [FaaSinh] = {FLOATS(sinh), DEAR_GRAIN},
    [FaaCosh] = {FLOATS(cosh), DEAR_GRAIN},
    [FaaAsinh] = {FLOATS(asinh), DEAR_GRAIN},
    [FaaLog2] = {FLOATS(log2), DEAR_GRAIN},
    [FaaLog10] = {FLOATS(log10), DEAR_GRAIN},
    [FaaExp2] = {FLOATS(exp2), DEAR_GRAIN},
    [FaaRsqrt] = {FLOATS(rsqrt), CHEAP_GRAIN},
    [FaaTrunc] = {FLOATS(trunc), CHEAP_GRAIN},
};

int faa_unary(FaaUnary op, FaaType type, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides, const void *x,
              void *out) {
  const Row *row = &unary_rows[op];
  if (!row->kernels[type]) return -1;
  FaaMap map = {.operands = 1, .rank = rank, .dims = dims, .strides = {strides}, .data = {x},
                .size = {faa_size(type)}, .out = out, .out_size = row->out_size ? row->out_size : faa_size(type),
                .grain = row->grain};
  return faa_map(row->kernels[type], &map);
}

int faa_unary_flat(FaaUnary op, FaaType type, ptrdiff_t count, const void *x, void *out) {
  const Row *row = &unary_rows[op];
  ptrdiff_t stride = 1;
  if (!row->kernels[type]) return -1;
  if (count < 2 * row->grain) return row->kernels[type](&x, &stride, out, count);
  return faa_unary(op, type, 1, &count, &stride, x, out);
}

// ---- Binary -----------------------------------------------------------------------------------------------

// The remainder has the divisor's sign, as the floor of the quotient asks.
static double mod64(double a, double b) {
  double r = fmod(a, b);
  return r == 0 ? copysign(0, b) : r != r || (r < 0) == (b < 0) ? r : r + b;
}

// The floor of the quotient as real numbers: a / b may round up to an integer that b times exceeds a, as 1 / 0.1 does.
// What the remainder leaves is a multiple of b, so that a = b floordiv(a, b) + mod(a, b).
static double floordiv64(double a, double b) {
  if (b == 0) return a / b;
  double r = fmod(a, b);
  double q = rint((a - r) / b);
  if (r != 0 && (r < 0) != (b < 0)) return q - 1;
  return q == 0 ? copysign(0, a / b) : q;
}

BINARY_FLOAT(add, a + b, a + b)
BINARY_FLOAT(sub, a - b, a - b)
BINARY_FLOAT(mul, a *b, a *b)
BINARY_FLOAT(div, a / b, a / b)
BINARY_FLOAT(pow, powf(a, b), pow(a, b))
BINARY_FLOAT(max, a > b || a != a ? a : b, a > b || a != a ? a : b)
BINARY_FLOAT(min, a < b || a != a ? a : b, a < b || a != a ? a : b)
BINARY_FLOAT(floordiv, (float)floordiv64(a, b), floordiv64(a, b))
BINARY_FLOAT(mod, (float)mod64(a, b), mod64(a, b))
// ln(e^a + e^b); equal infinities are their own answer, where their difference would be NaN.
static double log_add_exp64(double a, double b) {
  if (a == b) return a + 0.69314718055994530942;
  return a > b ? a + log1p(exp(b - a)) : b > a ? b + log1p(exp(a - b)) : a + b;
}
BINARY_FLOAT(atan2, atan2f(a, b), atan2(a, b))
BINARY_FLOAT(hypot, hypotf(a, b), hypot(a, b))
BINARY_FLOAT(log_add_exp, (float)log_add_exp64(a, b), log_add_exp64(a, b))

#define BINARY_INT(name, result)                                                            \
  static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {        \
    const int32_t *p = in[0], *q = in[1];                                                   \
    int32_t *out = o;                                                                       \
    int fault = 0;                                                                          \
    for (ptrdiff_t i = 0; i < n; i++) {                                                     \
      int64_t a = p[i * s[0]], b = q[i * s[1]];                                             \
      int64_t y = (result);                                                                 \
      out[i] = (int32_t)y;                                                                  \
      fault |= y != (int32_t)y;                                                             \
    }                                                                                       \
    return fault;                                                                           \
  }

#define OUT_OF_RANGE INT64_MAX  // what an operation without an integer result gives: reported as a fault

static int64_t floor_divide(int64_t a, int64_t b) {
  if (b == 0) return OUT_OF_RANGE;
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
static int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : OUT_OF_RANGE;
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) {
      result *= base;
      if (result != (int32_t)result) return OUT_OF_RANGE;
    }
    if (exponent == 1) break;
    base *= base;
    if (base != (int32_t)base) return OUT_OF_RANGE;  // |base| >= 2 and another factor is to come
  }
  return result;
}

BINARY_INT(add_i32, a + b)
BINARY_INT(sub_i32, a - b)
BINARY_INT(mul_i32, a *b)
BINARY_INT(max_i32, a > b ? a : b)
BINARY_INT(min_i32, a < b ? a : b)
BINARY_INT(pow_i32, integer_power(a, b))
BINARY_INT(floordiv_i32, floor_divide(a, b))
BINARY_INT(mod_i32, b == 0 ? OUT_OF_RANGE : a - b * floor_divide(a, b))

#define COMPARE(name, op)                               \
  BINARY_ROW(name##_bool, uint8_t, uint8_t, a op b)     \
  BINARY_ROW(name##_i32, int32_t, uint8_t, a op b)      \
  BINARY_ROW(name##_f32, float, uint8_t, a op b)        \
  BINARY_ROW(name##_f64, double, uint8_t, a op b)
COMPARE(equal, ==)
COMPARE(less, <)
COMPARE(lessequal, <=)
BINARY_ROW(and_bool, uint8_t, uint8_t, a &b)
BINARY_ROW(or_bool, uint8_t, uint8_t, a | b)
// a is a change, b what the slope is a function of.
BINARY_FLOAT(relu_along, b > 0 ? a : 0.0f, b > 0 ? a : 0.0)
BINARY_FLOAT(gelu_along, a *fast_gelu_slope(b), a *gelu_slope64(b))
BINARY_FLOAT(gelu_curve, a *fast_gelu_curve(b), a *gelu_curve64(b))
BINARY_FLOAT(tanh_along, a *(1 - b * b), a *(1 - b * b))
BINARY_FLOAT(sigmoid_along, a *b *(1 - b), a *b *(1 - b))
BINARY_FLOAT(silu_along, a *fast_silu_slope(b), a *silu_slope64(b))
BINARY_FLOAT(gelu_tanh_along, a *fast_gelu_tanh_slope(b), a *gelu_tanh_slope64(b))
BINARY_FLOAT(elu_along, b > 0 ? a : a * fast_exp(b), b > 0 ? a : a * exp(b))
BINARY_FLOAT(hardswish_along, a *(b <= -3 ? 0.0f : b >= 3 ? 1.0f : b * (1.0f / 3) + 0.5f),
             a *(b <= -3 ? 0.0 : b >= 3 ? 1.0 : b * (1.0 / 3) + 0.5))

#define ALL_TYPES(name) {name##_bool, name##_i32, name##_f32, name##_f64}

static const Row binary_rows[FaaBinaryCount] = {
    [FaaAdd] = {NUMBERS(add), CHEAP_GRAIN},
    [FaaSub] = {NUMBERS(sub), CHEAP_GRAIN},
    [FaaMul] = {NUMBERS(mul), CHEAP_GRAIN},
    [FaaDiv] = {FLOATS(div), CHEAP_GRAIN},
    [FaaPow] = {NUMBERS(pow), DEAR_GRAIN},
    [FaaMax] = {NUMBERS(max), CHEAP_GRAIN},
    [FaaMin] = {NUMBERS(min), CHEAP_GRAIN},
    [FaaFloorDiv] = {NUMBERS(floordiv), CHEAP_GRAIN},
    [FaaMod] = {NUMBERS(mod), DEAR_GRAIN},
    [FaaEqual] = {ALL_TYPES(equal), CHEAP_GRAIN, 1},
    [FaaLess] = {ALL_TYPES(less), CHEAP_GRAIN, 1},
    [FaaLessEqual] = {ALL_TYPES(lessequal), CHEAP_GRAIN, 1},
    [FaaAnd] = {{and_bool}, CHEAP_GRAIN},
    [FaaOr] = {{or_bool}, CHEAP_GRAIN},
    [FaaReluAlong] = {FLOATS(relu_along), CHEAP_GRAIN},
    [FaaGeluAlong] = {FLOATS(gelu_along), DEAR_GRAIN},
    [FaaTanhAlong] = {FLOATS(tanh_along), CHEAP_GRAIN},
    [FaaSigmoidAlong] = {FLOATS(sigmoid_along), CHEAP_GRAIN},
    [FaaAtan2] = {FLOATS(atan2), DEAR_GRAIN},
    [FaaHypot] = {FLOATS(hypot), DEAR_GRAIN},
    [FaaLogAddExp] = {FLOATS(log_add_exp), DEAR_GRAIN},
    [FaaSiluAlong] = {FLOATS(silu_along), DEAR_GRAIN},
    [FaaGeluTanhAlong] = {FLOATS(gelu_tanh_along), DEAR_GRAIN},
    [FaaEluAlong] = {FLOATS(elu_along), DEAR_GRAIN},
    [FaaHardswishAlong] = {FLOATS(hardswish_along), CHEAP_GRAIN},
    [FaaGeluCurve] = {FLOATS(gelu_curve), DEAR_GRAIN},
};

int faa_binary(FaaBinary op, FaaType type, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides_a, const void *a,
               const ptrdiff_t *strides_b, const void *b, void *out) {
  const Row *row = &binary_rows[op];
  if (!row->kernels[type]) return -1;
  size_t size = faa_size(type);
  FaaMap map = {.operands = 2, .rank = rank, .dims = dims, .strides = {strides_a, strides_b}, .data = {a, b},
                .size = {size, size}, .out = out, .out_size = row->out_size ? row->out_size : size,
                .grain = row->grain};
  return faa_map(row->kernels[type], &map);
}

int faa_binary_flat(FaaBinary op, FaaType type, ptrdiff_t count, ptrdiff_t stride_a, const void *a, ptrdiff_t stride_b,
                    const void *b, void *out) {
  const Row *row = &binary_rows[op];
  if (!row->kernels[type]) return -1;
  if (count >= 2 * row->grain) return faa_binary(op, type, 1, &count, &stride_a, a, &stride_b, b, out);
  const void *in[] = {a, b};
  ptrdiff_t strides[] = {stride_a, stride_b};
  return row->kernels[type](in, strides, out, count);
}

typedef struct {
  FaaType type;
  ptrdiff_t count;
  const void *x;
  void *out;
} Sum;

#define ACCUMULATE(suffix, T)                                                                   \
  CLONES static void accumulate_##suffix(const void *px, void *po, ptrdiff_t n) {               \
    const T *restrict x = px;                                                                   \
    T *restrict out = po;                                                                       \
    for (ptrdiff_t i = 0; i < n; i++) out[i] += x[i];                                           \
  }
ACCUMULATE(f32, float)
ACCUMULATE(f64, double)

static void accumulate_chunk(void *context, ptrdiff_t chunk) {
  Sum *sum = context;
  ptrdiff_t first = chunk * CHEAP_GRAIN;
  ptrdiff_t n = sum->count - first < CHEAP_GRAIN ? sum->count - first : CHEAP_GRAIN;
  if (sum->type == FaaF32)
    accumulate_f32((const float *)sum->x + first, (float *)sum->out + first, n);
  else
    accumulate_f64((const double *)sum->x + first, (double *)sum->out + first, n);
}

int faa_accumulate(FaaType type, ptrdiff_t count, const void *x, void *out) {
  if (type < FaaF32) return -1;
  Sum sum = {type, count, x, out};
  faa_parallel((count + CHEAP_GRAIN - 1) / CHEAP_GRAIN, accumulate_chunk, &sum);
  return 0;
}

ptrdiff_t faa_first_not_finite(FaaType type, ptrdiff_t count, const void *x) {
  for (ptrdiff_t i = 0; type >= FaaF32 && i < count; i++) {
    double value = type == FaaF32 ? ((const float *)x)[i] : ((const double *)x)[i];
    if (value - value != 0) return i;
  }
  return -1;
}

// ---- Selection and conversion -----------------------------------------------------------------------------

#define WHERE_ROW(name, T)                                                                     \
  static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {           \
    const uint8_t *c = in[0];                                                                  \
    const T *a = in[1], *b = in[2];                                                            \
    T *out = o;                                                                                \
    for (ptrdiff_t i = 0; i < n; i++) out[i] = c[i * s[0]] ? a[i * s[1]] : b[i * s[2]];        \
    return 0;                                                                                  \
  }
WHERE_ROW(where1, uint8_t)
WHERE_ROW(where4, uint32_t)
WHERE_ROW(where8, uint64_t)

int faa_where(FaaType type, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides_c, const void *condition,
              const ptrdiff_t *strides_a, const void *a, const ptrdiff_t *strides_b, const void *b, void *out) {
  size_t size = faa_size(type);
  FaaMap map = {.operands = 3, .rank = rank, .dims = dims, .strides = {strides_c, strides_a, strides_b},
                .data = {condition, a, b}, .size = {1, size, size}, .out = out, .out_size = size,
                .grain = CHEAP_GRAIN};
  return faa_map(size == 1 ? where1 : size == 4 ? where4 : where8, &map);
}

#define CAST_ROW(name, IN, OUT, expression) UNARY_ROW(name, IN, OUT, expression)
#define TRUNCATE_ROW(name, IN)                                                              \
  static int name(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {        \
    const IN *p = in[0];                                                                    \
    int32_t *out = o;                                                                       \
    int fault = 0;                                                                          \
    for (ptrdiff_t i = 0; i < n; i++) {                                                     \
      IN x = p[i * s[0]];                                                                   \
      int fits = x > (IN)-2147483649.0 && x < (IN)2147483648.0;                             \
      out[i] = fits ? (int32_t)x : 0;                                                       \
      fault |= !fits;                                                                       \
    }                                                                                       \
    return fault;                                                                           \
  }
CAST_ROW(bool_to_i32, uint8_t, int32_t, x)
CAST_ROW(bool_to_f32, uint8_t, float, x)
CAST_ROW(bool_to_f64, uint8_t, double, x)
CAST_ROW(i32_to_bool, int32_t, uint8_t, x != 0)
CAST_ROW(i32_to_f32, int32_t, float, x)
CAST_ROW(i32_to_f64, int32_t, double, x)
CAST_ROW(f32_to_bool, float, uint8_t, x != 0)
CAST_ROW(f32_to_f64, float, double, x)
CAST_ROW(f64_to_bool, double, uint8_t, x != 0)
CAST_ROW(f64_to_f32, double, float, x)
// (float)-2147483649 rounds to -2147483648, so the strict test would refuse the one float that is exactly INT32_MIN.
static int f32_to_i32(const void *const *in, const ptrdiff_t *s, void *o, ptrdiff_t n) {
  const float *p = in[0];
  int32_t *out = o;
  int fault = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    float x = p[i * s[0]];
    int fits = x >= -2147483648.0f && x < 2147483648.0f;
    out[i] = fits ? (int32_t)x : 0;
    fault |= !fits;
  }
  return fault;
}
TRUNCATE_ROW(f64_to_i32, double)

int faa_cast(FaaType from, FaaType to, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides, const void *x,
             void *out) {
  static const FaaRow rows[4][4] = {
      [FaaBool] = {NULL, bool_to_i32, bool_to_f32, bool_to_f64},
      [FaaI32] = {i32_to_bool, NULL, i32_to_f32, i32_to_f64},
      [FaaF32] = {f32_to_bool, f32_to_i32, NULL, f32_to_f64},
      [FaaF64] = {f64_to_bool, f64_to_i32, f64_to_f32, NULL},
  };
  if (!rows[from][to]) return -1;
  FaaMap map = {.operands = 1, .rank = rank, .dims = dims, .strides = {strides}, .data = {x},
                .size = {faa_size(from)}, .out = out, .out_size = faa_size(to), .grain = CHEAP_GRAIN};
  return faa_map(rows[from][to], &map);
}

void faa_fill(FaaType type, double value, void *out, ptrdiff_t count) {
  switch (type) {
    case FaaBool: memset(out, value != 0, (size_t)count); break;
    case FaaI32:
      for (ptrdiff_t i = 0; i < count; i++) ((int32_t *)out)[i] = (int32_t)value;
      break;
    case FaaF32:
      for (ptrdiff_t i = 0; i < count; i++) ((float *)out)[i] = (float)value;
      break;
    case FaaF64:
      for (ptrdiff_t i = 0; i < count; i++) ((double *)out)[i] = value;
      break;
  }
}
