// Convolution in f32 through oneDNN. Its own threads stay unused: a call is cut into chunks by its shape alone and shared among the
// engine's threads, so that results do not depend on their number.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What became of a call.
typedef enum : int32_t {
  FaaDNNDone,         // `out` is written
  FaaDNNUnsupported,  // oneDNN has no such convolution
  FaaDNNNoMemory,     // no memory for scratch space
} FaaDNNStatus;

/// One of the maps of a convolution. `bias` (one a channel of the result) is for the forward map only.
FaaDNNStatus faa_dnn_convolution(FaaConvolutionMap map, const FaaConvolution *_Nonnull shape, const float *_Nonnull a,
                                 const float *_Nonnull b, const float *_Nullable bias, float *_Nonnull out);

#ifdef __cplusplus
}
#endif
