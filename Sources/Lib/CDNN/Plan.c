#define _GNU_SOURCE
#include "Plan.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// ---- One thread -------------------------------------------------------------------------------------------
// oneDNN reads OpenMP's thread count, which is kept for each thread. libgomp comes with libdnnl and has no header here.

static pthread_once_t threads_once = PTHREAD_ONCE_INIT;
static void (*set_threads)(int);
static int (*get_threads)(void);

static void find_openmp(void) {
  set_threads = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  get_threads = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_max_threads");
}

int plan_one_thread(void) {
  pthread_once(&threads_once, find_openmp);
  if (!set_threads || !get_threads) return 0;
  int saved = get_threads();
  if (saved != 1) set_threads(1);
  return saved;
}

void plan_restore_threads(int saved) {
  if (saved > 1) set_threads(saved);
}

// ---- The engine -------------------------------------------------------------------------------------------

static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine;

static void make_engine(void) {
  if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
}

dnnl_engine_t plan_engine(void) {
  pthread_once(&engine_once, make_engine);
  return engine;
}

// ---- Making a plan ----------------------------------------------------------------------------------------

static bool describe(dnnl_memory_desc_t *desc, int rank, const dnnl_dim_t *dims, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_init_by_tag(desc, rank, dims, dnnl_f32, tag) == dnnl_success;
}

/// Describes the scratch space of a primitive and returns its size.
static size_t scratch_of(const_dnnl_primitive_desc_t pd, dnnl_memory_desc_t *desc) {
  const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
  if (!found) return 0;
  *desc = *found;
  return dnnl_memory_desc_get_size(found);
}

/// Asks `pd` which layout it wants for an operand, and makes the reorder to (or, for a result, from) it.
static bool settle(PlanOperand *operand, const_dnnl_primitive_desc_t pd, dnnl_query_t query, bool is_result,
                   const_dnnl_primitive_attr_t attributes, size_t *scratch) {
  const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(pd, query, 0);
  if (!wanted) return false;
  operand->wanted = *wanted;
  operand->bytes = dnnl_memory_desc_get_size(wanted);
  if (dnnl_memory_desc_equal(&operand->plain, wanted)) return true;
  const dnnl_memory_desc_t *from = is_result ? wanted : &operand->plain, *to = is_result ? &operand->plain : wanted;
  dnnl_primitive_desc_t reorder;
  if (dnnl_reorder_primitive_desc_create(&reorder, from, engine, to, engine, attributes) != dnnl_success) return false;
  size_t needed = scratch_of(reorder, &operand->reorder_scratch);
  if (needed > *scratch) *scratch = needed;
  bool made = dnnl_primitive_create(&operand->reorder, reorder) == dnnl_success;
  dnnl_primitive_desc_destroy(reorder);
  return made;
}

static bool forward_description(const FaaConvolution *s, bool has_bias, const dnnl_memory_desc_t any[3],
                                const dnnl_memory_desc_t *bias, dnnl_primitive_attr_t attributes,
                                dnnl_prop_kind_t kind, dnnl_primitive_desc_t *pd) {
  dnnl_dims_t strides = {s->stride_rows, s->stride_columns};
  dnnl_dims_t dilation = {s->dilation_rows - 1, s->dilation_columns - 1};
  dnnl_dims_t before = {s->pad_top, s->pad_left}, after = {s->pad_bottom, s->pad_right};
  dnnl_convolution_desc_t desc;
  return dnnl_dilated_convolution_forward_desc_init(&desc, kind, dnnl_convolution_direct, &any[0], &any[1],
                                                    has_bias ? bias : NULL, &any[2], strides, dilation, before,
                                                    after) == dnnl_success &&
         dnnl_primitive_desc_create(pd, &desc, attributes, engine, NULL) == dnnl_success;
}

static bool backward_description(FaaConvolutionMap map, const FaaConvolution *s, const dnnl_memory_desc_t any[3],
                                 dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *pd) {
  dnnl_primitive_desc_t hint;
  if (!forward_description(s, false, any, NULL, attributes, dnnl_forward_training, &hint)) return false;
  dnnl_dims_t strides = {s->stride_rows, s->stride_columns};
  dnnl_dims_t dilation = {s->dilation_rows - 1, s->dilation_columns - 1};
  dnnl_dims_t before = {s->pad_top, s->pad_left}, after = {s->pad_bottom, s->pad_right};
  dnnl_convolution_desc_t desc;
  dnnl_status_t status =
      map == FaaInputGradient
          ? dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &any[0], &any[1], &any[2],
                                                             strides, dilation, before, after)
          : dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &any[0], &any[1], NULL,
                                                                &any[2], strides, dilation, before, after);
  bool made = status == dnnl_success &&
              dnnl_primitive_desc_create(pd, &desc, attributes, engine, hint) == dnnl_success;
  dnnl_primitive_desc_destroy(hint);
  return made;
}

static bool prepare(Plan *plan, dnnl_primitive_attr_t attributes) {
  const FaaConvolution *s = &plan->shape;
  bool grouped = s->groups > 1;
  dnnl_dims_t source = {s->batch, s->in_channels, s->height, s->width};
  dnnl_dims_t result = {s->batch, s->out_channels, s->out_height, s->out_width};
  dnnl_dims_t whole = {s->out_channels, s->in_channels, s->kernel_height, s->kernel_width};
  dnnl_dims_t parts = {s->groups, s->out_channels / s->groups, s->in_channels / s->groups, s->kernel_height,
                       s->kernel_width};
  const dnnl_dim_t *weights = grouped ? parts : whole;
  int weight_rank = grouped ? 5 : 4;
  dnnl_dims_t channels = {s->out_channels};
  dnnl_memory_desc_t any[3], plain[3];
  if (!describe(&any[0], 4, source, dnnl_format_tag_any) || !describe(&plain[0], 4, source, dnnl_nchw) ||
      !describe(&any[1], weight_rank, weights, dnnl_format_tag_any) ||
      !describe(&plain[1], weight_rank, weights, grouped ? dnnl_goihw : dnnl_oihw) ||
      !describe(&any[2], 4, result, dnnl_format_tag_any) || !describe(&plain[2], 4, result, dnnl_nchw) ||
      !describe(&plan->bias, 1, channels, dnnl_x))
    return false;
  // The positions of (a, b, out) among (source, weights, result), and what oneDNN calls them.
  static const int place[3][3] = {{0, 1, 2}, {2, 1, 0}, {2, 0, 1}};
  static const dnnl_query_t query[3][3] = {
      {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
      {dnnl_query_diff_dst_md, dnnl_query_weights_md, dnnl_query_diff_src_md},
      {dnnl_query_diff_dst_md, dnnl_query_src_md, dnnl_query_diff_weights_md}};
  dnnl_primitive_desc_t pd;
  bool described = plan->map == FaaForward ? forward_description(s, plan->has_bias, any, &plan->bias, attributes,
                                                                 dnnl_forward_inference, &pd)
                                           : backward_description(plan->map, s, any, attributes, &pd);
  if (!described) return false;
  plan->a.plain = plain[place[plan->map][0]];
  plan->b.plain = plain[place[plan->map][1]];
  plan->out.plain = plain[place[plan->map][2]];
  plan->scratch = scratch_of(pd, &plan->convolution_scratch);
  bool ready = settle(&plan->a, pd, query[plan->map][0], false, attributes, &plan->scratch) &&
               settle(&plan->b, pd, query[plan->map][1], false, attributes, &plan->scratch) &&
               settle(&plan->out, pd, query[plan->map][2], true, attributes, &plan->scratch) &&
               dnnl_primitive_create(&plan->convolution, pd) == dnnl_success;
  dnnl_primitive_desc_destroy(pd);
  return ready;
}

static void discard(Plan *plan) {
  dnnl_primitive_t primitives[] = {plan->convolution, plan->a.reorder, plan->b.reorder, plan->out.reorder};
  for (int i = 0; i < 4; i++)
    if (primitives[i]) dnnl_primitive_destroy(primitives[i]);
  free(plan);
}

static Plan *make(FaaConvolutionMap map, const FaaConvolution *shape, bool has_bias) {
  Plan *plan = calloc(1, sizeof *plan);
  dnnl_primitive_attr_t attributes;
  if (!plan || !plan_engine() || dnnl_primitive_attr_create(&attributes) != dnnl_success) {
    free(plan);
    return NULL;
  }
  plan->shape = *shape;
  plan->map = map;
  plan->has_bias = has_bias;
  // The library's own scratch space belongs to the thread that made a primitive, and plans are shared by all threads.
  bool ready = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) == dnnl_success;
  int saved = plan_one_thread();  // it also fixes the order of sums, when the primitive is made
  ready = ready && prepare(plan, attributes);
  plan_restore_threads(saved);
  dnnl_primitive_attr_destroy(attributes);
  if (ready) return plan;
  discard(plan);
  return NULL;
}

// ---- The cache --------------------------------------------------------------------------------------------
// Making a plan takes up to milliseconds of code generation. A network has some tens of shapes; the least recently used goes.

#define CAPACITY 512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Plan *plans[CAPACITY];
static uint64_t clock_ticks;

Plan *plan_acquire(FaaConvolutionMap map, const FaaConvolution *shape, bool has_bias) {
  pthread_mutex_lock(&lock);
  int place = -1;
  Plan *found = NULL;
  for (int i = 0; i < CAPACITY && !found; i++) {
    Plan *plan = plans[i];
    if (!plan) {
      place = i;
      break;
    }
    if (plan->map == map && plan->has_bias == has_bias && memcmp(&plan->shape, shape, sizeof *shape) == 0) found = plan;
  }
  if (!found && (found = make(map, shape, has_bias))) {
    for (int i = 0; place < 0 && i < CAPACITY; i++)  // full: any free one, then the oldest of those
      if (plans[i]->users == 0) place = i;
    for (int i = 0; place >= 0 && plans[place] && i < CAPACITY; i++)
      if (plans[i]->users == 0 && plans[i]->last_use < plans[place]->last_use) place = i;
    if (place >= 0) {
      if (plans[place]) discard(plans[place]);
      plans[place] = found;
    } else {
      discard(found);
      found = NULL;
    }
  }
  if (found) {
    found->users++;
    found->last_use = ++clock_ticks;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

void plan_release(Plan *plan) {
  pthread_mutex_lock(&lock);
  plan->users--;
  pthread_mutex_unlock(&lock);
}
