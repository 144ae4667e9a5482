// A convolution of one shape made ready by oneDNN: the primitive, and how each operand gets into the layout it wants.
#pragma once
#include <dnnl.h>

#include "CDNN.h"

/// How an operand, plain outside, is handed to the primitive.
typedef struct {
  dnnl_memory_desc_t plain, wanted;
  dnnl_primitive_t reorder;  // NULL where the layouts agree
  dnnl_memory_desc_t reorder_scratch;
  size_t bytes;  // in the wanted layout
} PlanOperand;

typedef struct Plan {
  FaaConvolution shape;
  FaaConvolutionMap map;
  bool has_bias;
  dnnl_primitive_t convolution;
  dnnl_memory_desc_t bias, convolution_scratch;
  PlanOperand a, b, out;
  size_t scratch;  // bytes that the hungriest of the primitives asks for
  int users;       // calls that hold the plan now
  uint64_t last_use;
} Plan;

/// The engine of this process's CPU; NULL where oneDNN cannot make one.
dnnl_engine_t plan_engine(void);
/// The plan for a shape, made or found; NULL where oneDNN has no such convolution. Give it back with `plan_release`.
Plan *plan_acquire(FaaConvolutionMap map, const FaaConvolution *shape, bool has_bias);
void plan_release(Plan *plan);

/// Makes the calling thread's OpenMP regions run on one thread, and returns what to give to `plan_restore_threads` afterwards.
int plan_one_thread(void);
void plan_restore_threads(int saved);
