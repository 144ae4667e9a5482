// The dull, fast loops under the tensor engine, and the memory and threads they run on.
//
// Every function works on raw buffers, never allocates what it returns, and never decides anything: shapes,
// dtypes and errors are the business of the Swift side. Element types are numbered as in `FaaType`.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Element types, in promotion order.
typedef enum : uint8_t { FaaBool = 0, FaaI32 = 1, FaaF32 = 2, FaaF64 = 3 } FaaType;

// ---- Memory -----------------------------------------------------------------------------------------------

/// What the buffer pool holds, in bytes; `hits` and `misses` count requests of pooled sizes.
typedef struct {
  int64_t live, peak, cached, hits, misses;
} FaaMemory;

/// Buffers from this many bytes on are kept for reuse when they are given back; smaller ones are malloc's.
#define FAA_POOLED_FROM 1024

/// A buffer of at least `bytes` bytes, 64-byte aligned where it is the pool's; NULL when there is no memory.
void *_Nullable faa_allocate(size_t bytes);
/// Gives back what `faa_allocate(bytes)` returned.
void faa_release(void *_Nonnull buffer, size_t bytes);
/// The pool's counters.
FaaMemory faa_memory(void);
/// Starts a new peak measurement at the present live size.
void faa_memory_reset_peak(void);
/// Returns cached buffers to the system.
void faa_memory_trim(void);

// ---- Threads and interrupts -------------------------------------------------------------------------------

/// Runs `body(context, i)` for i in 0..<count, on the pool when `count > 1`. Chunks must be a function of the
/// problem's size only, so that results do not depend on the number of threads.
void faa_parallel(ptrdiff_t count, void (*_Nonnull body)(void *_Nullable context, ptrdiff_t index),
                  void *_Nullable context);
/// The number of threads that share parallel work, the calling one included.
int faa_thread_count(void);
/// Sets that number (1 or more); takes effect with the next parallel call.
void faa_set_thread_count(int count);

/// Asks the running computation to stop; safe in a signal handler.
void faa_interrupt_set(void);
/// Forgets a request to stop.
void faa_interrupt_clear(void);
/// The request itself; read it through `faa_interrupted`.
extern bool faa_interrupt_flag;
/// Whether a stop has been asked for: one load, since interpreted loops ask at every turn.
static inline bool faa_interrupted(void) { return __atomic_load_n(&faa_interrupt_flag, __ATOMIC_RELAXED); }

/// Runs `body(context)` on a thread of its own and waits until it has ended or the user asks to stop.
/// - Returns: false when the thread was left behind. It then goes on alone (work it shares out stops with the chunk at hand), calls
///   `release(context)` at its end, and nobody looks at its results: `context` must keep alive whatever it reads and writes.
bool faa_run_abandonable(void (*_Nonnull body)(void *_Nonnull context), void (*_Nonnull release)(void *_Nonnull context),
                         void *_Nonnull context);
/// How many threads left behind have not ended yet.
int faa_abandoned_tasks(void);

/// What a thread does with the result of every operation.
enum {
  FAA_SEARCHED = 1,  // results are searched for NaN and infinity
  FAA_TIMED = 2      // operations are timed
};

/// What a thread that differentiates keeps: the transforms now recording (one bit each), the next node's number, and
/// the nodes waiting to be freed (so that a long chain is freed in a loop, not by recursion).
typedef struct {
  uint64_t active;
  uint64_t linear;  // those of them that record a linear function, whose values nobody reads
  int64_t next_node;
  int64_t opened[64], youngest;  // the next node's number when each began to record, and when the last of them did
  bool draining;
  uint8_t observed;  // FAA_SEARCHED and FAA_TIMED
  void *_Nullable *_Nullable waiting;
  ptrdiff_t waiting_count, waiting_capacity;
} FaaThread;

extern _Thread_local FaaThread faa_thread_state;
/// The calling thread's state. Inline: every operation asks for it.
static inline FaaThread *_Nonnull faa_thread(void) { return &faa_thread_state; }
/// Begins and ends the recording of a transform.
void faa_open(FaaThread *_Nonnull thread, uint64_t bit);
void faa_close(FaaThread *_Nonnull thread, uint64_t bit);
/// Of the transforms in a node's trace those now recording that it depends on. Bits are given out again: a node older than the transform that
/// has one now depended on another.
static inline uint64_t faa_current(const FaaThread *_Nonnull thread, uint64_t trace, int64_t node) {
  uint64_t bits = trace & thread->active;
  if (bits == 0 || node >= thread->youngest) return bits;
  for (uint64_t rest = bits; rest != 0; rest &= rest - 1) {
    int place = __builtin_ctzll(rest);
    if (thread->opened[place] > node) bits &= ~(1ull << place);
  }
  return bits;
}
/// Adds a reference to the calling thread's list of objects to free.
void faa_waiting_push(FaaThread *_Nonnull thread, void *_Nonnull object);

// ---- Elementwise ------------------------------------------------------------------------------------------
// Inputs are strided views (strides in elements, 0 where broadcast); outputs are contiguous. Each returns 0, or 1 where
// integer arithmetic overflowed or divided by zero, or -1 for a combination of operation and type that has no kernel.

/// Unary operations; the number is the row of the table in Elementwise.c.
typedef enum : int32_t {
  FaaNeg, FaaAbs, FaaSign, FaaExp, FaaExpm1, FaaLog, FaaLog1p, FaaSqrt, FaaSin, FaaCos, FaaTan, FaaTanh, FaaSigmoid,
  FaaSoftplus, FaaErf, FaaRelu, FaaGelu, FaaReciprocal, FaaSquare, FaaFloor, FaaCeil, FaaRound, FaaNot,
  FaaIsNaN, FaaIsFinite, FaaIsInf, FaaSilu, FaaGeluTanh, FaaElu, FaaHardswish, FaaAtan, FaaSinh, FaaCosh, FaaAsinh, FaaLog2,
  FaaLog10, FaaExp2, FaaRsqrt, FaaTrunc, FaaUnaryCount
} FaaUnary;

/// Binary operations; comparisons and logic give bytes 0 or 1.
typedef enum : int32_t {
  FaaAdd, FaaSub, FaaMul, FaaDiv, FaaPow, FaaMax, FaaMin, FaaFloorDiv, FaaMod, FaaEqual, FaaLess, FaaLessEqual, FaaAnd,
  FaaOr, FaaReluAlong, FaaGeluAlong, FaaTanhAlong, FaaSigmoidAlong, FaaAtan2, FaaHypot, FaaLogAddExp, FaaSiluAlong,
  FaaGeluTanhAlong, FaaEluAlong, FaaHardswishAlong, FaaGeluCurve, FaaBinaryCount
} FaaBinary;

int faa_unary(FaaUnary op, FaaType type, int rank, const ptrdiff_t *_Nonnull dims, const ptrdiff_t *_Nonnull strides,
              const void *_Nonnull x, void *_Nonnull out);
int faa_binary(FaaBinary op, FaaType type, int rank, const ptrdiff_t *_Nonnull dims,
               const ptrdiff_t *_Nonnull strides_a, const void *_Nonnull a, const ptrdiff_t *_Nonnull strides_b,
               const void *_Nonnull b, void *_Nonnull out);
/// The same for operands whose elements follow each other.
int faa_unary_flat(FaaUnary op, FaaType type, ptrdiff_t count, const void *_Nonnull x, void *_Nonnull out);
/// The same for operands whose elements follow each other (stride 1) or that are one element (stride 0).
int faa_binary_flat(FaaBinary op, FaaType type, ptrdiff_t count, ptrdiff_t stride_a, const void *_Nonnull a,
                    ptrdiff_t stride_b, const void *_Nonnull b, void *_Nonnull out);
/// out += x, both in order and of floats; -1 for other types.
int faa_accumulate(FaaType type, ptrdiff_t count, const void *_Nonnull x, void *_Nonnull out);
/// The position of the first NaN or infinity among `count` elements, -1 for none.
ptrdiff_t faa_first_not_finite(FaaType type, ptrdiff_t count, const void *_Nonnull x);
/// out = condition ? a : b, with a byte condition.
int faa_where(FaaType type, int rank, const ptrdiff_t *_Nonnull dims, const ptrdiff_t *_Nonnull strides_c,
              const void *_Nonnull condition, const ptrdiff_t *_Nonnull strides_a, const void *_Nonnull a,
              const ptrdiff_t *_Nonnull strides_b, const void *_Nonnull b, void *_Nonnull out);
/// Converts elements; float to integer truncates (1 is returned where the value does not fit), to bool tests for non-zero.
int faa_cast(FaaType from, FaaType to, int rank, const ptrdiff_t *_Nonnull dims, const ptrdiff_t *_Nonnull strides,
             const void *_Nonnull x, void *_Nonnull out);
/// Copies a strided view into row-major order.
void faa_pack(FaaType type, int rank, const ptrdiff_t *_Nonnull dims, const ptrdiff_t *_Nonnull strides,
              const void *_Nonnull x, void *_Nonnull out);
/// Copies a strided view into another.
void faa_copy(FaaType type, int rank, const ptrdiff_t *_Nonnull dims, const ptrdiff_t *_Nonnull strides_x,
              const void *_Nonnull x, const ptrdiff_t *_Nonnull strides_out, void *_Nonnull out);
/// Sets `count` elements to `value`.
void faa_fill(FaaType type, double value, void *_Nonnull out, ptrdiff_t count);

// ---- Reductions and rows ----------------------------------------------------------------------------------

/// Reductions of the middle axis of a contiguous [outer, n, inner] array to [outer, inner].
typedef enum : int32_t { FaaSum, FaaProd, FaaMaximum, FaaMinimum, FaaArgMax, FaaArgMin, FaaAny, FaaAll } FaaReduction;

/// Sums are accumulated in double over blocks of fixed size; NaN propagates through every reduction; the arg forms give i32 (first of equals,
/// a NaN first of all). Returns as the elementwise functions do.
int faa_reduce(FaaReduction op, FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *_Nonnull x,
               void *_Nonnull out);
/// Running sums along the middle axis of [outer, n, inner].
int faa_cumsum(FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *_Nonnull x, void *_Nonnull out);
/// Running products along the middle axis of floats.
void faa_cumprod(FaaType type, ptrdiff_t outer, ptrdiff_t n, ptrdiff_t inner, const void *_Nonnull x, void *_Nonnull out);
/// Softmax of each row of [rows, n].
int faa_softmax(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out);
/// Logarithm of the softmax of each row of [rows, n]: the largest element is subtracted first, so its digits do not cost any.
int faa_logsoftmax(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out);
/// log(sum(exp(row))) of each row of [rows, n]; finite for rows of large values, -inf for rows of -inf.
int faa_logsumexp(FaaType type, ptrdiff_t rows, ptrdiff_t n, const void *_Nonnull x, void *_Nonnull out);
/// (row - mean) / sqrt(variance + epsilon) of each row of [rows, n], with the biased variance.
int faa_normalize(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull x, void *_Nonnull out);
/// The vector-Jacobian product of `faa_normalize` at x for the cotangent g.
int faa_normalize_vjp(FaaType type, ptrdiff_t rows, ptrdiff_t n, double epsilon, const void *_Nonnull g,
                      const void *_Nonnull x, void *_Nonnull out);

// ---- Indexing ---------------------------------------------------------------------------------------------
// `index` holds i32 already checked to lie in 0..<axis.

/// out[o, j, :] = x[o, index[j], :] for x of [outer, axis, inner].
void faa_take(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
              const int32_t *_Nonnull index, const void *_Nonnull x, void *_Nonnull out);
/// out[o, index[j], :] += g[o, j, :]; `out` must be zeroed.
void faa_take_transpose(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                        const int32_t *_Nonnull index, const void *_Nonnull g, void *_Nonnull out);
/// out[o, j, i] = x[o, index[o, j, i], i].
void faa_take_along(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                    const int32_t *_Nonnull index, const void *_Nonnull x, void *_Nonnull out);
/// out[o, index[o, j, i], i] += g[o, j, i]; `out` must be zeroed.
void faa_take_along_transpose(FaaType type, ptrdiff_t outer, ptrdiff_t axis, ptrdiff_t inner, ptrdiff_t n,
                              const int32_t *_Nonnull index, const void *_Nonnull g, void *_Nonnull out);

// ---- Linear algebra ---------------------------------------------------------------------------------------

/// One matrix operand: batch stride, leading dimension, and whether it is stored transposed.
typedef struct {
  const void *_Nonnull data;
  ptrdiff_t batch_stride, leading;
  bool transposed;
} FaaMatrix;

/// out[b] = A[b] B[b] for `batch` products of m x k and k x n; `out` is contiguous. f32 and f64 by OpenBLAS, i32 by
/// a plain loop (1 is returned on overflow).
int faa_matmul(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
               void *_Nonnull out);
/// The same added to what `out` holds; floats only.
int faa_matmul_add(FaaType type, ptrdiff_t batch, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
                   void *_Nonnull out);
/// The same as the first plus a row of n numbers added to every row of the result; floats only.
int faa_matmul_bias(FaaType type, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, FaaMatrix a, FaaMatrix b,
                    const void *_Nonnull bias, void *_Nonnull out);
/// The first `period` bytes again and again, up to `bytes`.
void faa_repeat(const void *_Nonnull from, ptrdiff_t period, ptrdiff_t bytes, void *_Nonnull out);
/// out[i] = Σ_t scales[t] weights[t][i] values[t][i], in floats; weights[t] may be NULL for ones. `out` may be one of the values.
void faa_combine(FaaType type, ptrdiff_t count, int terms, const void *_Nonnull const *_Nonnull values,
                 const void *_Nullable const *_Nonnull weights, const double *_Nonnull scales, void *_Nonnull out);
/// Into how many sums, at most, the next two products are cut.
#define FAA_LINEAR_PARTS 4
/// S = A + Aᵀ for the row-major A of n x n, as the half that `faa_symmetric_product` reads, of so many elements; floats.
ptrdiff_t faa_symmetric_half_count(ptrdiff_t n);
void faa_symmetric_half(FaaType type, ptrdiff_t n, const void *_Nonnull matrix, ptrdiff_t leading, void *_Nonnull half);
/// out = S x, reading the half once; `scratch` has room for so many elements.
ptrdiff_t faa_symmetric_scratch_count(ptrdiff_t n);
void faa_symmetric_product(FaaType type, ptrdiff_t n, const void *_Nonnull half, const void *_Nonnull x,
                           void *_Nonnull scratch, void *_Nonnull out);
/// out = Aᵀ D A x for the row-major A of rows x columns and the diagonal D of `weights` (NULL for ones), reading A once; floats. `scratch` has room for
/// FAA_LINEAR_PARTS vectors of `columns`.
void faa_there_and_back(FaaType type, ptrdiff_t rows, ptrdiff_t columns, const void *_Nonnull matrix, ptrdiff_t leading,
                        const void *_Nullable weights, const void *_Nonnull x, void *_Nonnull scratch,
                        void *_Nonnull out);
/// The name of the OpenBLAS kernel in use, such as "Zen" or "SkylakeX".
const char *_Nonnull faa_blas_core(void);
/// OpenBLAS's own description of its build.
const char *_Nonnull faa_blas_config(void);

// ---- Random numbers ---------------------------------------------------------------------------------------
// Philox4x32-10 (Salmon et al. 2011), counter = (draw, stream), key = seed: any draw can be computed alone.

/// Words draw ..< draw + count of the stream, 32 bits each.
void faa_random_words(uint64_t seed, uint64_t stream, uint64_t draw, uint32_t *_Nonnull out, ptrdiff_t count);
/// Uniform in [0, 1), with 24 bits for f32 and 53 for f64; element i uses words 2(draw + i) and 2(draw + i) + 1.
void faa_random_uniform(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *_Nonnull out, ptrdiff_t count);
/// Standard normal by Box-Muller, from the same words.
void faa_random_normal(FaaType type, uint64_t seed, uint64_t stream, uint64_t draw, void *_Nonnull out, ptrdiff_t count);

#include "Spatial.h"

#ifdef __cplusplus
}
#endif

#include "Distributions.h"
#include "Fused.h"
#include "LinearAlgebra.h"
#include "Losses.h"
#include "Sorting.h"
#include "SpecialFunctions.h"
