// A convolution cut into chunks of images. Each chunk reorders its images into the layout oneDNN wants, convolves, and reorders the
// result back while it is still in the cache.
#include <stdatomic.h>

#include "Plan.h"

/// One buffer a primitive works on.
typedef struct {
  int argument;
  const dnnl_memory_desc_t *desc;
  const void *data;
} Buffer;

static bool execute(dnnl_primitive_t primitive, dnnl_stream_t stream, const Buffer *buffers, int count) {
  dnnl_exec_arg_t arguments[5];
  int made = 0;
  bool done = true;
  for (; done && made < count; made++) {
    arguments[made].arg = buffers[made].argument;
    done = dnnl_memory_create(&arguments[made].memory, buffers[made].desc, plan_engine(), (void *)buffers[made].data) ==
           dnnl_success;
    if (!done) break;
  }
  done = done && dnnl_primitive_execute(primitive, stream, count, arguments) == dnnl_success;
  for (int i = 0; i < made; i++) dnnl_memory_destroy(arguments[i].memory);
  return done;
}

/// Brings an operand into the wanted layout, or a result out of it.
static bool reorder(const PlanOperand *operand, bool is_result, const void *from, void *to, void *scratch,
                    dnnl_stream_t stream) {
  Buffer buffers[] = {{DNNL_ARG_FROM, is_result ? &operand->wanted : &operand->plain, from},
                      {DNNL_ARG_TO, is_result ? &operand->plain : &operand->wanted, to},
                      {DNNL_ARG_SCRATCHPAD, &operand->reorder_scratch, scratch}};
  return execute(operand->reorder, stream, buffers, 3);
}

typedef struct {
  Plan *plan;
  const char *a, *b, *bias;
  char *out;
  size_t a_step, b_step, out_step;  // bytes from a chunk's operand to the next one's; 0 where all share it
  ptrdiff_t parts;                  // chunks that share images, each with its part of the weights and out channels
  bool weights_ready;               // the shared weights have been reordered
  bool keeps_layout;                // the result stays in the wanted layout
  atomic_int fault;
} Call;

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static void run_chunk(void *context, ptrdiff_t index) {
  Call *call = context;
  Plan *plan = call->plan;
  size_t part = (size_t)(index % call->parts);
  const void *a = call->a + (size_t)(index / call->parts) * call->a_step;
  const void *b = call->b + (call->parts > 1 ? part : (size_t)index) * call->b_step;
  const void *bias = call->bias ? call->bias + part * (size_t)plan->shape.out_channels * sizeof(float) : NULL;
  void *out = call->out + (size_t)index * call->out_step;
  bool moves_a = plan->a.reorder, moves_b = plan->b.reorder && !call->weights_ready;
  bool moves_out = plan->out.reorder && !call->keeps_layout;
  size_t a_size = moves_a ? aligned(plan->a.bytes) : 0, b_size = moves_b ? aligned(plan->b.bytes) : 0;
  size_t out_size = moves_out ? aligned(plan->out.bytes) : 0;
  size_t total = a_size + b_size + out_size + aligned(plan->scratch);
  char *room = faa_allocate(total);
  if (!room) {
    atomic_store(&call->fault, FaaDNNNoMemory);
    return;
  }
  char *scratch = room + a_size + b_size + out_size;
  void *result = moves_out ? room + a_size + b_size : out;
  int saved = plan_one_thread();
  dnnl_stream_t stream = NULL;
  bool done = dnnl_stream_create(&stream, plan_engine(), dnnl_stream_default_flags) == dnnl_success;
  if (done && moves_a) done = reorder(&plan->a, false, a, room, scratch, stream), a = room;
  if (done && moves_b) done = reorder(&plan->b, false, b, room + a_size, scratch, stream), b = room + a_size;
  if (done) {
    static const int names[3][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                    {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC},
                                    {DNNL_ARG_DIFF_DST, DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS}};
    Buffer buffers[] = {{names[plan->map][0], &plan->a.wanted, a},
                        {names[plan->map][1], &plan->b.wanted, b},
                        {names[plan->map][2], &plan->out.wanted, result},
                        {DNNL_ARG_SCRATCHPAD, &plan->convolution_scratch, scratch},
                        {DNNL_ARG_BIAS, &plan->bias, bias}};
    done = execute(plan->convolution, stream, buffers, plan->has_bias ? 5 : 4);
  }
  if (done && moves_out) done = reorder(&plan->out, true, result, out, scratch, stream);
  if (stream) dnnl_stream_destroy(stream);
  plan_restore_threads(saved);
  faa_release(room, total);
  if (!done) atomic_store(&call->fault, FaaDNNUnsupported);
}

/// Reorders one operand on the calling thread.
static bool reorder_alone(Plan *plan, const PlanOperand *operand, bool is_result, const void *from, void *to) {
  size_t bytes = aligned(plan->scratch) + 64;
  void *scratch = faa_allocate(bytes);
  if (!scratch) return false;
  int saved = plan_one_thread();
  dnnl_stream_t stream = NULL;
  bool done = dnnl_stream_create(&stream, plan_engine(), dnnl_stream_default_flags) == dnnl_success &&
              reorder(operand, is_result, from, to, scratch, stream);
  if (stream) dnnl_stream_destroy(stream);
  plan_restore_threads(saved);
  faa_release(scratch, bytes);
  return done;
}

static ptrdiff_t largest_divisor(ptrdiff_t n, ptrdiff_t limit) {
  for (ptrdiff_t d = limit < n ? limit : n; d > 1; d--)
    if (n % d == 0) return d;
  return 1;
}

static double multiplications(const FaaConvolution *s) {
  return (double)s->out_channels * (double)s->out_height * (double)s->out_width * (double)(s->in_channels / s->groups) *
         (double)(s->kernel_height * s->kernel_width);
}

/// Forward and input gradient: chunks of images that are worth a thread's while.
static FaaDNNStatus by_images(Call *call, ptrdiff_t chunks) {
  Plan *plan = call->plan;
  void *weights = NULL;
  if (plan->b.reorder && call->parts == 1) {
    weights = faa_allocate(plan->b.bytes);
    if (!weights) return FaaDNNNoMemory;
    if (!reorder_alone(plan, &plan->b, false, call->b, weights)) {
      faa_release(weights, plan->b.bytes);
      return FaaDNNNoMemory;
    }
    call->b = weights;
    call->weights_ready = true;
  }
  faa_parallel(chunks, run_chunk, call);
  if (weights) faa_release(weights, plan->b.bytes);
  return (FaaDNNStatus)atomic_load(&call->fault);
}

#define SUM_GRAIN 16384
typedef struct {
  float *parts;
  size_t count;  // elements of a part
  ptrdiff_t parts_count;
} Parts;

static void add_parts(void *context, ptrdiff_t chunk) {
  const Parts *p = context;
  size_t first = (size_t)chunk * SUM_GRAIN, last = first + SUM_GRAIN < p->count ? first + SUM_GRAIN : p->count;
  for (ptrdiff_t part = 1; part < p->parts_count; part++) {
    const float *from = p->parts + (size_t)part * p->count;
    for (size_t i = first; i < last; i++) p->parts[i] += from[i];
  }
}

/// Weight gradient: the sums over each chunk's images, added in order.
static FaaDNNStatus by_partial_sums(Call *call, ptrdiff_t chunks) {
  Plan *plan = call->plan;
  if (chunks == 1) {
    run_chunk(call, 0);
    return (FaaDNNStatus)atomic_load(&call->fault);
  }
  size_t part = aligned(plan->out.bytes), total = part * (size_t)chunks;
  float *parts = faa_allocate(total);
  if (!parts) return FaaDNNNoMemory;
  char *out = call->out;
  call->out = (char *)parts;
  call->out_step = part;
  call->keeps_layout = true;
  faa_parallel(chunks, run_chunk, call);
  FaaDNNStatus status = (FaaDNNStatus)atomic_load(&call->fault);
  if (status == FaaDNNDone) {
    Parts sum = {.parts = parts, .count = part / sizeof(float), .parts_count = chunks};
    faa_parallel((ptrdiff_t)((sum.count + SUM_GRAIN - 1) / SUM_GRAIN), add_parts, &sum);
    if (!plan->out.reorder)
      __builtin_memcpy(out, parts, plan->out.bytes);
    else if (!reorder_alone(plan, &plan->out, true, parts, out))
      status = FaaDNNNoMemory;
  }
  faa_release(parts, total);
  return status;
}

FaaDNNStatus faa_dnn_convolution(FaaConvolutionMap map, const FaaConvolution *shape, const float *a, const float *b,
                                 const float *bias, float *out) {
  double work = multiplications(shape);
  ptrdiff_t images;
  if (map == FaaWeightGradient) {
    // Few parts: each is as large as the weights, so the largest weights get fewest.
    double weights = (double)(shape->out_channels * shape->in_channels / shape->groups) *
                     (double)(shape->kernel_height * shape->kernel_width);
    ptrdiff_t parts = work * (double)shape->batch < 2e6 ? 1 : largest_divisor(shape->batch, weights > 1e6 ? 4 : 8);
    images = shape->batch / parts;
  } else {
    images = largest_divisor(shape->batch, work < 1e7 ? (ptrdiff_t)(1e7 / (work + 1)) + 1 : 1);
  }
  // One image or few: threads share the out channels, in whole vectors.
  ptrdiff_t parts = 1;
  if (map == FaaForward && shape->groups == 1 && shape->batch / images < 4)
    while (parts < 4 && shape->out_channels % (16 * parts) == 0 && work / (double)parts > 2e7) parts *= 2;
  FaaConvolution chunk = *shape;
  chunk.batch = parts > 1 ? 1 : images;
  chunk.out_channels /= parts;
  Plan *plan = plan_acquire(map, &chunk, bias != NULL);
  if (!plan) return FaaDNNUnsupported;
  size_t source = (size_t)(chunk.batch * shape->in_channels * shape->height * shape->width) * sizeof(float);
  size_t result = (size_t)(chunk.batch * chunk.out_channels * shape->out_height * shape->out_width) * sizeof(float);
  size_t weights = (size_t)(chunk.out_channels * shape->in_channels * shape->kernel_height * shape->kernel_width) *
                   sizeof(float);  // of a part
  Call call = {.plan = plan,
               .a = (const char *)a,
               .b = (const char *)b,
               .bias = (const char *)bias,
               .out = (char *)out,
               .a_step = map == FaaForward ? source : result,
               .b_step = map == FaaWeightGradient ? source : parts > 1 ? weights : 0,
               .out_step = map == FaaForward ? result : map == FaaInputGradient ? source : 0,
               .parts = parts};
  atomic_init(&call.fault, FaaDNNDone);
  ptrdiff_t chunks = shape->batch / chunk.batch * parts;
  FaaDNNStatus status = map == FaaWeightGradient ? by_partial_sums(&call, chunks) : by_images(&call, chunks);
  plan_release(plan);
  return status;
}
