// Kernels that do in one pass over memory what a composition of operations does in many.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// out = (x - mean) / sqrt(variance + epsilon) * weight + bias for each row of [rows, n].
int faa_layer_norm(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull x,
                   const void *_Nonnull weight, const void *_Nonnull bias, void *_Nonnull out);
/// Its tangent for those of x, weight and bias, of which the last two may be NULL for none.
int faa_layer_norm_jvp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull x,
                       const void *_Nonnull weight, const void *_Nonnull x_change, const void *_Nullable weight_change,
                       const void *_Nullable bias_change, void *_Nonnull out);
/// The cotangents of x, weight and bias for the cotangent g of the result; 1 when there is no memory for partial sums.
int faa_layer_norm_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull g,
                       const void *_Nonnull x, const void *_Nonnull weight, void *_Nonnull dx, void *_Nonnull dweight,
                       void *_Nonnull dbias);

/// With y = (x - mean) / sqrt(variance + epsilon) the normalised row and v, c two changes: the gradient by x of the product c · (dy/dx) v,
/// which is symmetric in v and c, for each row of [rows, n].
int faa_normalize_curve(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull c,
                        const void *_Nonnull v, const void *_Nonnull x, void *_Nonnull out);

/// The cotangent of softmax's argument for each row of [rows, n]: y (g - sum(g y)).
int faa_softmax_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *_Nonnull g, const void *_Nonnull y,
                    void *_Nonnull out);

/// Where the tokens of one operand of attention are: strides of batch, head and token in elements; a token's own elements follow
/// each other.
typedef struct {
  void *_Nullable data;
  ptrdiff_t batch, head, token;
} FaaTokens;

/// The sizes of an attention, and an additive mask of [batch, heads, queries, keys] with strides (data NULL for none).
typedef struct {
  FaaType type;
  ptrdiff_t batch, heads, queries, keys, size;
  double scale;
  const void *_Nullable mask;
  ptrdiff_t mask_strides[4];
} FaaAttention;

/// out = softmax(scale Q Kᵀ + mask) V for each batch element and head; 1 when there is no memory for scores.
int faa_attention(const FaaAttention *_Nonnull sizes, FaaTokens q, FaaTokens k, FaaTokens v, FaaTokens out);
/// The cotangents of Q, K and V for the cotangent g of the result. The scores are computed again.
int faa_attention_vjp(const FaaAttention *_Nonnull sizes, FaaTokens q, FaaTokens k, FaaTokens v, FaaTokens g,
                      FaaTokens dq, FaaTokens dk, FaaTokens dv);

/// Queries, keys and values.
typedef struct {
  FaaTokens q, k, v;
} FaaQKV;

/// The tangent of the result for tangents of Q, K and V, of which any may be missing (data NULL).
int faa_attention_jvp(const FaaAttention *_Nonnull sizes, FaaQKV at, FaaQKV tangents, FaaTokens out);
/// The tangents of what `faa_attention_vjp` gives for the cotangent g, for tangents of Q, K, V and g, of which any may be missing. Where
/// `out` has data it becomes the tangent of the attention itself.
int faa_attention_vjp_jvp(const FaaAttention *_Nonnull sizes, FaaQKV at, FaaTokens g, FaaQKV tangents,
                          FaaTokens tangent_g, FaaTokens out, FaaQKV changes);

/// The constants of one step of Adam with decoupled decay.
typedef struct {
  double beta1, beta2, epsilon, rate, correction1, root2, keep;
} FaaAdam;

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g²;  p = keep p - rate / correction1 · m / (sqrt(v) / root2 + epsilon).
int faa_adam(FaaType type, ptrdiff_t count, FaaAdam constants, const void *_Nonnull g, void *_Nonnull p,
             void *_Nonnull m, void *_Nonnull v);

#ifdef __cplusplus
}
#endif
