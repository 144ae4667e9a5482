#include "CPeer.h"

#include <dnnl.h>
#include <stdlib.h>
#include <time.h>

static dnnl_engine_t engine;
static dnnl_stream_t stream;

typedef struct {
  dnnl_memory_t plain, wanted;  // the same where no reorder is needed
  dnnl_primitive_t reorder;
} Operand;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static dnnl_memory_t memory(const dnnl_memory_desc_t *desc) {
  dnnl_memory_t result;
  if (dnnl_memory_create(&result, desc, engine, DNNL_MEMORY_ALLOCATE) != dnnl_success) abort();
  void *data;
  dnnl_memory_get_data_handle(result, &data);
  float *values = data;
  for (size_t i = 0; i < dnnl_memory_desc_get_size(desc) / sizeof(float); i++) values[i] = (float)(i * 37 % 97) / 97 - 0.5f;
  return result;
}

static Operand operand(const dnnl_memory_desc_t *plain, const dnnl_memory_desc_t *wanted, int is_result) {
  Operand o = {.plain = memory(plain)};
  o.wanted = o.plain;
  if (dnnl_memory_desc_equal(plain, wanted)) return o;
  o.wanted = memory(wanted);
  dnnl_primitive_desc_t pd;
  if (dnnl_reorder_primitive_desc_create(&pd, is_result ? wanted : plain, engine, is_result ? plain : wanted, engine,
                                         NULL) != dnnl_success ||
      dnnl_primitive_create(&o.reorder, pd) != dnnl_success)
    abort();
  dnnl_primitive_desc_destroy(pd);
  return o;
}

static void move(const Operand *o, int is_result) {
  if (!o->reorder) return;
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, is_result ? o->wanted : o->plain},
                                 {DNNL_ARG_TO, is_result ? o->plain : o->wanted}};
  dnnl_primitive_execute(o->reorder, stream, 2, arguments);
}

static void discard(Operand *o) {
  if (o->reorder) {
    dnnl_primitive_destroy(o->reorder);
    dnnl_memory_destroy(o->wanted);
  }
  dnnl_memory_destroy(o->plain);
}

double peer_convolution(int map, PeerShape s, int repeats) {
  if (!engine && (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success ||
                  dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success))
    return -1;
  long result = (s.size + 2 * s.padding - s.kernel) / s.stride + 1;
  dnnl_dims_t x = {s.batch, s.channels, s.size, s.size}, y = {s.batch, s.out, result, result};
  dnnl_dims_t w4 = {s.out, s.channels, s.kernel, s.kernel};
  dnnl_dims_t w5 = {s.groups, s.out / s.groups, s.channels / s.groups, s.kernel, s.kernel};
  dnnl_dims_t strides = {s.stride, s.stride}, pads = {s.padding, s.padding}, dilation = {0, 0};
  int grouped = s.groups > 1;
  dnnl_memory_desc_t any[3], plain[3];
  dnnl_memory_desc_init_by_tag(&any[0], 4, x, dnnl_f32, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&any[1], grouped ? 5 : 4, grouped ? w5 : w4, dnnl_f32, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&any[2], 4, y, dnnl_f32, dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&plain[0], 4, x, dnnl_f32, dnnl_nchw);
  dnnl_memory_desc_init_by_tag(&plain[1], grouped ? 5 : 4, grouped ? w5 : w4, dnnl_f32, grouped ? dnnl_goihw : dnnl_oihw);
  dnnl_memory_desc_init_by_tag(&plain[2], 4, y, dnnl_f32, dnnl_nchw);
  dnnl_convolution_desc_t desc;
  dnnl_primitive_desc_t forward, pd;
  dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_training, dnnl_convolution_direct, &any[0], &any[1], NULL,
                                             &any[2], strides, dilation, pads, pads);
  if (dnnl_primitive_desc_create(&forward, &desc, NULL, engine, NULL) != dnnl_success) return -1;
  if (map == 1)
    dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &any[0], &any[1], &any[2], strides,
                                                     dilation, pads, pads);
  if (map == 2)
    dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &any[0], &any[1], NULL, &any[2],
                                                        strides, dilation, pads, pads);
  if (dnnl_primitive_desc_create(&pd, &desc, NULL, engine, map == 0 ? NULL : forward) != dnnl_success) return -1;
  static const dnnl_query_t query[3][3] = {
      {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
      {dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md},
      {dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md}};
  static const int names[3][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                  {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
                                  {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
  int out = map == 0 ? 2 : map == 1 ? 0 : 1;
  Operand operands[3];
  dnnl_exec_arg_t arguments[3];
  for (int i = 0; i < 3; i++) {
    operands[i] = operand(&plain[i], dnnl_primitive_desc_query_md(pd, query[map][i], 0), i == out);
    arguments[i] = (dnnl_exec_arg_t){names[map][i], operands[i].wanted};
  }
  dnnl_primitive_t convolution;
  if (dnnl_primitive_create(&convolution, pd) != dnnl_success) return -1;
  double times[64];
  if (repeats > 64) repeats = 64;
  for (int r = -2; r < repeats; r++) {
    double begin = seconds();
    for (int i = 0; i < 3; i++)
      if (i != out) move(&operands[i], 0);
    dnnl_primitive_execute(convolution, stream, 3, arguments);
    move(&operands[out], 1);
    dnnl_stream_wait(stream);
    if (r >= 0) times[r] = seconds() - begin;
  }
  qsort(times, (size_t)repeats, sizeof(double), ascending);
  dnnl_primitive_destroy(convolution);
  dnnl_primitive_desc_destroy(pd);
  dnnl_primitive_desc_destroy(forward);
  for (int i = 0; i < 3; i++) discard(&operands[i]);
  return times[repeats / 2] * 1e3;
}
