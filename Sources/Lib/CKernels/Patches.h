// Convolutions in f32 as products of tiles.
#pragma once
#include "CKernels.h"

/// The forward map or the weight gradient of a convolution where the tiles fit; 1 where there is no memory.
int faa_patch_products(FaaConvolutionMap map, const FaaConvolution *shape, const float *a, const float *b, const float *bias,
                       float *out);
