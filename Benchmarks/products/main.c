// FAA's single-precision matrix products, oneDNN's and multiply-adds in registers, in turns a fraction of a second long: what else
// runs on the processor meets all three alike. See Benchmarks/README.md.
// usage: products ROUNDS THREADS, with a product in every line of the input: rows, columns, inner extent, and for each operand T or N
#define _GNU_SOURCE
#include <CKernels.h>
#include <CPeak.h>
#include <dlfcn.h>
#include <dnnl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FAA, ONEDNN, PEAK, KINDS };
#define MOST_ROUNDS 1000
// A turn's floating-point operations, at least: a few milliseconds.
#define TURN 5e8

typedef struct {
  ptrdiff_t m, n, k;
  bool left_transposed, right_transposed;
  float *a, *b, *out, *expected;
} Product;

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void multiply(const Product *p) {
  FaaMatrix a = {.data = p->a, .leading = p->left_transposed ? p->m : p->k, .transposed = p->left_transposed};
  FaaMatrix b = {.data = p->b, .leading = p->right_transposed ? p->k : p->n, .transposed = p->right_transposed};
  faa_matmul(FaaF32, 1, p->m, p->n, p->k, a, b, p->out);
}

static void multiply_by_onednn(const Product *p) {
  dnnl_sgemm(p->left_transposed ? 'T' : 'N', p->right_transposed ? 'T' : 'N', p->m, p->n, p->k, 1, p->a,
             p->left_transposed ? p->m : p->k, p->b, p->right_transposed ? p->k : p->n, 0, p->expected, p->n);
}

typedef struct {
  long rounds, operations;
} Registers;

static void multiply_in_registers(void *context, ptrdiff_t thread) {
  (void)thread;
  Registers *registers = context;
  float sink = 0;
  registers->operations = peak_multiply_adds(registers->rounds, &sink);
}

/// Floating-point operations a second of one turn.
static double turn(int kind, const Product *p, int threads) {
  double work = 2.0 * (double)p->m * (double)p->n * (double)p->k;
  int times = (int)(TURN / work) + 1;
  Registers registers = {(long)(TURN / 160 / threads) + 1, 0};
  double start = seconds();
  if (kind == PEAK) {
    faa_parallel(threads, multiply_in_registers, &registers);
    return (double)(registers.operations * registers.rounds * threads) / (seconds() - start);
  }
  for (int i = 0; i < times; i++) (kind == FAA ? multiply : multiply_by_onednn)(p);
  return work * times / (seconds() - start);
}

static int ascending(const void *x, const void *y) {
  double a = *(const double *)x, b = *(const double *)y;
  return (a > b) - (a < b);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return values[count / 2];
}

static float *numbers(ptrdiff_t count) {
  float *result = faa_allocate((size_t)count * sizeof *result);
  if (!result) exit((perror("products"), 1));
  for (ptrdiff_t i = 0; i < count; i++) result[i] = (float)rand() / (float)RAND_MAX - 0.5f;
  return result;
}

static void measure(const Product *p, int rounds, int threads) {
  static double rates[KINDS][MOST_ROUNDS], to_onednn[MOST_ROUNDS], to_peak[MOST_ROUNDS], its_peak[MOST_ROUNDS];
  for (int round = -1; round < rounds; round++) {
    double rate[KINDS];
    for (int i = 0; i < KINDS; i++) {
      int kind = (i + round + 1) % KINDS;
      rate[kind] = turn(kind, p, threads);
    }
    if (round < 0) continue;
    for (int kind = 0; kind < KINDS; kind++) rates[kind][round] = rate[kind];
    to_onednn[round] = rate[FAA] / rate[ONEDNN];
    to_peak[round] = rate[FAA] / rate[PEAK];
    its_peak[round] = rate[ONEDNN] / rate[PEAK];
  }
  double error = 0;
  for (ptrdiff_t i = 0; i < p->m * p->n; i++) error = fmax(error, fabs((double)p->out[i] - (double)p->expected[i]));
  if (error > 1e-5 * (double)p->k) exit((fprintf(stderr, "products: the results differ by %g\n", error), 1));
  printf("%td x %td x %td %c%c", p->m, p->n, p->k, p->left_transposed ? 'T' : 'N', p->right_transposed ? 'T' : 'N');
  for (int kind = 0; kind < KINDS; kind++) printf(",%.1f", median(rates[kind], rounds) / 1e9);
  printf(",%.3f", median(to_onednn, rounds));
  printf(",%.3f,%.3f", to_onednn[rounds / 4], to_onednn[rounds * 3 / 4]);
  printf(",%.3f", median(to_peak, rounds));
  printf(",%.3f\n", median(its_peak, rounds));
  fflush(stdout);
}

int main(int count, char **arguments) {
  int rounds = count > 1 ? atoi(arguments[1]) : 21, threads = count > 2 ? atoi(arguments[2]) : 2;
  if (rounds < 1 || rounds > MOST_ROUNDS || threads < 1) return fprintf(stderr, "products ROUNDS THREADS\n"), 1;
  faa_set_thread_count(threads);
  // libgomp comes with oneDNN and has no header here.
  void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set_threads) set_threads(threads);
  puts("rows x columns x inner,FAA GFLOP/s,oneDNN GFLOP/s,registers GFLOP/s,FAA/oneDNN,lower quartile,upper quartile,"
       "FAA/registers,oneDNN/registers");
  Product p;
  char left, right;
  while (scanf("%td %td %td %c%c", &p.m, &p.n, &p.k, &left, &right) == 5) {
    p.left_transposed = left == 'T', p.right_transposed = right == 'T';
    p.a = numbers(p.m * p.k), p.b = numbers(p.k * p.n), p.out = numbers(p.m * p.n), p.expected = numbers(p.m * p.n);
    measure(&p, rounds, threads);
    faa_release(p.a, (size_t)(p.m * p.k) * sizeof(float));
    faa_release(p.b, (size_t)(p.k * p.n) * sizeof(float));
    faa_release(p.out, (size_t)(p.m * p.n) * sizeof(float));
    faa_release(p.expected, (size_t)(p.m * p.n) * sizeof(float));
  }
  return 0;
}
