// Arithmetic, comparisons and the jumps that depend on them.
#include "Handlers.h"

// a = b op c for two numbers; what does not fit is left to the caller, who says so. `other` does what it can with other values, and goes
// on where it did.
#define ARITHMETIC(name, exact, sign, other)                                                     \
  HANDLER(name) {                                                                                \
    const FaaValue *b = PLACE(b), *c = PLACE(c);                                                 \
    double x, y;                                                                                 \
    if (b->tag == FaaTagInt) {                                                                   \
      if (c->tag == FaaTagInt) {                                                                 \
        int64_t result;                                                                          \
        if (exact(b->integer, c->integer, &result)) LEAVE;                                       \
        put_integer(PLACE(a), result);                                                           \
        CONTINUE;                                                                                \
      }                                                                                          \
      if (c->tag != FaaTagFloat) LEAVE;                                                          \
      x = (double)b->integer, y = c->number;                                                     \
    } else {                                                                                     \
      if (b->tag != FaaTagFloat) {                                                               \
        other;                                                                                   \
        LEAVE;                                                                                   \
      }                                                                                          \
      x = b->number;                                                                             \
      if (c->tag == FaaTagFloat)                                                                 \
        y = c->number;                                                                           \
      else if (c->tag == FaaTagInt)                                                              \
        y = (double)c->integer;                                                                  \
      else                                                                                       \
        LEAVE;                                                                                   \
    }                                                                                            \
    put_number(PLACE(a), x sign y);                                                              \
    CONTINUE;                                                                                    \
  }                                                                                              \
  HANDLER(name##_constant) {                                                                     \
    const FaaValue *b = PLACE(b);                                                                \
    if (b->tag == FaaTagInt) {                                                                   \
      int64_t result;                                                                            \
      if (exact(b->integer, (int64_t)ip->d, &result)) LEAVE;                                     \
      put_integer(PLACE(a), result);                                                             \
    } else {                                                                                     \
      if (b->tag != FaaTagFloat) LEAVE;                                                          \
      put_number(PLACE(a), b->number sign(double) ip->d);                                        \
    }                                                                                            \
    CONTINUE;                                                                                    \
  }

// `text = text + "…"`.
#define APPEND \
  if (c->tag == FaaTagString && b == PLACE(a) && c != b && faa_append_text(PLACE(a), c, 1)) CONTINUE

ARITHMETIC(add, __builtin_add_overflow, +, APPEND)
ARITHMETIC(subtract, __builtin_sub_overflow, -, )
ARITHMETIC(multiply, __builtin_mul_overflow, *, )

/// A number as a double; false for anything else.
static inline bool as_double(const FaaValue *place, double *value) {
  if (place->tag == FaaTagFloat)
    *value = place->number;
  else if (place->tag == FaaTagInt)
    *value = (double)place->integer;
  else
    return false;
  return true;
}

HANDLER(divide) {
  const FaaValue *b = PLACE(b), *c = PLACE(c);
  double x, y;
  if (!as_double(b, &x) || !as_double(c, &y)) LEAVE;
  // Integers do not divide by zero.
  if (y == 0 && b->tag == FaaTagInt && c->tag == FaaTagInt) LEAVE;
  put_number(PLACE(a), x / y);
  CONTINUE;
}

/// The remainder by a positive divisor, never negative. Dividing 32 bits is several times faster on many processors.
static inline int64_t remainder_by(int64_t x, int64_t y) {
  if (((uint64_t)x | (uint64_t)y) >> 32 == 0) return (uint32_t)x % (uint32_t)y;
  int64_t remainder = x % y;
  return remainder < 0 ? remainder + y : remainder;
}

HANDLER(modulo) {
  const FaaValue *b = PLACE(b), *c = PLACE(c);
  if (b->tag != FaaTagInt || c->tag != FaaTagInt || c->integer <= 0) LEAVE;
  put_integer(PLACE(a), remainder_by(b->integer, c->integer));
  CONTINUE;
}

HANDLER(modulo_constant) {
  const FaaValue *b = PLACE(b);
  if (b->tag != FaaTagInt || ip->d <= 0) LEAVE;
  put_integer(PLACE(a), remainder_by(b->integer, ip->d));
  CONTINUE;
}

HANDLER(floor_divide) {
  const FaaValue *b = PLACE(b), *c = PLACE(c);
  if (b->tag != FaaTagInt || c->tag != FaaTagInt || c->integer <= 0) LEAVE;
  int64_t quotient = b->integer / c->integer;
  put_integer(PLACE(a), quotient - (b->integer % c->integer < 0));
  CONTINUE;
}

HANDLER(negate) {
  const FaaValue *b = PLACE(b);
  if (b->tag == FaaTagFloat) {
    put_number(PLACE(a), -b->number);
  } else {
    if (b->tag != FaaTagInt || b->integer == INT64_MIN) LEAVE;
    put_integer(PLACE(a), -b->integer);
  }
  CONTINUE;
}

HANDLER(not) {
  const FaaValue *b = PLACE(b);
  if (b->tag != FaaTagBool) LEAVE;
  put_truth(PLACE(a), !truth(b));
  CONTINUE;
}

/// Whether both places have texts that are easily compared.
static inline bool compare_texts(const FaaValue *x, const FaaValue *y, bool *are_equal) {
  return x->tag == FaaTagString && y->tag == FaaTagString && faa_compare_texts(x->object, y->object, are_equal);
}

// Comparisons of numbers of one kind, and where `texts` says so of texts: as a value, and as a jump taken when the outcome is c.
#define COMPARISON(name, sign, texts)                                                            \
  HANDLER(name) {                                                                                \
    const FaaValue *b = PLACE(b), *c = PLACE(c);                                                 \
    bool are_equal;                                                                              \
    if (b->tag == FaaTagInt && c->tag == FaaTagInt)                                              \
      put_truth(PLACE(a), b->integer sign c->integer);                                           \
    else if (b->tag == FaaTagFloat && c->tag == FaaTagFloat)                                     \
      put_truth(PLACE(a), b->number sign c->number);                                             \
    else if ((texts) && compare_texts(b, c, &are_equal))                                         \
      put_truth(PLACE(a), are_equal sign true);                                                  \
    else                                                                                         \
      LEAVE;                                                                                     \
    CONTINUE;                                                                                    \
  }                                                                                              \
  HANDLER(jump_##name) {                                                                         \
    const FaaValue *a = PLACE(a), *b = PLACE(b);                                                 \
    bool outcome, are_equal;                                                                     \
    if (a->tag == FaaTagInt && b->tag == FaaTagInt)                                              \
      outcome = a->integer sign b->integer;                                                      \
    else if (a->tag == FaaTagFloat && b->tag == FaaTagFloat)                                     \
      outcome = a->number sign b->number;                                                        \
    else if ((texts) && compare_texts(a, b, &are_equal))                                         \
      outcome = are_equal sign true;                                                             \
    else                                                                                         \
      LEAVE;                                                                                     \
    if (outcome != ip->c) CONTINUE;                                                              \
    if (is_interrupted_jump(ip->d)) LEAVE;                                                       \
    CONTINUE_AT(ip + 1 + ip->d);                                                                 \
  }                                                                                              \
  HANDLER(jump_##name##_constant) {                                                              \
    const FaaValue *a = PLACE(a);                                                                \
    if (a->tag != FaaTagInt) LEAVE;                                                              \
    if ((a->integer sign(int16_t) ip->b) != ip->c) CONTINUE;                                     \
    if (is_interrupted_jump(ip->d)) LEAVE;                                                       \
    CONTINUE_AT(ip + 1 + ip->d);                                                                 \
  }

COMPARISON(equal, ==, true)
COMPARISON(not_equal, !=, true)
COMPARISON(less, <, false)
COMPARISON(less_equal, <=, false)
COMPARISON(greater, >, false)
COMPARISON(greater_equal, >=, false)
