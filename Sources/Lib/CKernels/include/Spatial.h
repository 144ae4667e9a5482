// Kernels of the spatial operations: convolution, pooling, resampling and normalisation over planes. Included by CKernels.h.
//
// Images are contiguous [batch, channels, height, width]; a plane is one channel of one image. Element types are f32 and f64. Every
// function that needs scratch memory returns 0, or 1 where there is none.
#pragma once

/// The geometry of a convolution. Rows of padding and kernel may differ from columns; `out_*` follow from the rest and are given.
typedef struct {
  ptrdiff_t batch, in_channels, height, width;
  ptrdiff_t out_channels, out_height, out_width;
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t stride_rows, stride_columns;
  ptrdiff_t dilation_rows, dilation_columns;
  ptrdiff_t pad_top, pad_bottom, pad_left, pad_right;
  ptrdiff_t groups;
} FaaConvolution;

/// The three bilinear maps of a convolution y = x * w, with operands (a, b) in this order:
/// forward (x, w), input gradient (g, w), weight gradient (g, x), where g is shaped as y.
typedef enum : int32_t { FaaForward, FaaInputGradient, FaaWeightGradient } FaaConvolutionMap;

/// Any convolution as matrix products of unfolded patches: forward and weight gradient in f32 by our own tiles where they fit the processor,
/// the rest through BLAS. `bias` (one a channel of y) is for the forward map only.
int faa_convolution(FaaConvolutionMap map, FaaType type, const FaaConvolution *_Nonnull shape, const void *_Nonnull a,
                    const void *_Nonnull b, const void *_Nullable bias, void *_Nonnull out);
/// Whether this processor has what our own tiles are written for.
bool faa_patches_fit(void);
/// A convolution in which every channel is a group of its own and has one output channel.
int faa_depthwise(FaaConvolutionMap map, FaaType type, const FaaConvolution *_Nonnull shape, const void *_Nonnull a,
                  const void *_Nonnull b, const void *_Nullable bias, void *_Nonnull out);

/// The same in f32 for multiples of eight channels, eight a vector.
int faa_depthwise_lanes(FaaConvolutionMap map, const FaaConvolution *_Nonnull shape, const float *_Nonnull a,
                        const float *_Nonnull b, const float *_Nullable bias, float *_Nonnull out);

/// What became of a call of `faa_winograd`.
typedef enum : int32_t {
  FaaWinogradDone,       // `out` is written
  FaaWinogradNotFinite,  // a result is infinite or NaN: its neighbours in a tile may be NaN too, so convolve in another way
  FaaWinogradNoMemory,   // no memory for scratch space
} FaaWinogradStatus;

/// Whether `faa_winograd` can take a shape: 3 x 3 kernels, stride and dilation 1, no groups, multiples of 16 channels, padding of at most 2.
bool faa_winograd_fits(const FaaConvolution *_Nonnull shape);
/// A convolution in f32 by Winograd's algorithm, which multiplies a quarter as often and rounds a little more.
FaaWinogradStatus faa_winograd(FaaConvolutionMap map, const FaaConvolution *_Nonnull shape, const float *_Nonnull a,
                               const float *_Nonnull b, const float *_Nullable bias, float *_Nonnull out);

// ---- Planes -----------------------------------------------------------------------------------------------

/// out[b, c, j] = x[b, c, index[b, j]] for planes of `plane` elements, 0 where the index is -1. Indices are checked already.
void faa_plane_gather(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t plane, ptrdiff_t count,
                      const int32_t *_Nonnull index, const void *_Nonnull x, void *_Nonnull out);
/// Its transpose: zeros with g[b, c, j] added at index[b, j].
void faa_plane_scatter(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t plane, ptrdiff_t count,
                       const int32_t *_Nonnull index, const void *_Nonnull g, void *_Nonnull out);

/// The windows of one axis: `count` of them, window i over the positions first[i] + k step, k in 0..<size[i], all inside.
typedef struct {
  ptrdiff_t count, step;
  const int32_t *_Nonnull first, *_Nonnull size;
} FaaWindows;

/// The largest element under each pair of windows, and in `index` (where wanted) its position in the plane: the first of equals in
/// row-major order. A NaN is larger than anything.
int faa_max_pool(FaaType type, ptrdiff_t planes, ptrdiff_t height, ptrdiff_t width, FaaWindows rows, FaaWindows columns,
                 const void *_Nonnull x, void *_Nonnull out, int32_t *_Nullable index);

/// A sparse matrix whose rows are runs: row i has size[i] weights, from weights[start[i]], over the positions from first[i] on.
typedef struct {
  ptrdiff_t rows;
  const int32_t *_Nonnull first, *_Nonnull size, *_Nonnull start;
  const double *_Nonnull weights;
  ptrdiff_t weight_count;
} FaaRuns;

/// A X B^T for each plane X, height x width.
int faa_resample(FaaType type, ptrdiff_t planes, ptrdiff_t height, ptrdiff_t width, FaaRuns a, FaaRuns b,
                 const void *_Nonnull x, void *_Nonnull out);

/// Bilinear samples of x, [batch, channels, height, width], at grid, [batch, count, 2], whose (x, y) run from -1 to 1 across the image:
/// between the centres of the outer pixels (`align_corners`) or their outer edges. Outside lies 0, or (`border`) the nearest pixel.
void faa_grid_sample(FaaType type, ptrdiff_t batch, ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width,
                     ptrdiff_t count, bool align_corners, bool border, const void *_Nonnull x,
                     const void *_Nonnull grid, void *_Nonnull out);

// ---- Normalisation over planes ----------------------------------------------------------------------------

/// What shares a mean and variance in [batch, channels, plane]: the planes of a channel over the batch (`groups` is 0), or those of each of
/// `groups` groups of channels of one image.
typedef struct {
  ptrdiff_t batch, channels, plane, groups;
} FaaNormalization;

/// (x - mean) / sqrt(variance + epsilon) * weight[channel] + bias[channel], with the biased variance.
int faa_plane_normalize(FaaType type, FaaNormalization shape, double epsilon, const void *_Nonnull x,
                        const void *_Nonnull weight, const void *_Nonnull bias, void *_Nonnull out);
/// Its vector-Jacobian product: the cotangent of x in `dx`, of weight and bias in `sums`, [2, channels].
int faa_plane_normalize_vjp(FaaType type, FaaNormalization shape, double epsilon, const void *_Nonnull g,
                            const void *_Nonnull x, const void *_Nonnull weight, void *_Nonnull dx,
                            void *_Nonnull sums);
/// The mean and the biased variance of every statistics group, in `out`, [2, groups of statistics].
int faa_plane_statistics(FaaType type, FaaNormalization shape, const void *_Nonnull x, void *_Nonnull out);
