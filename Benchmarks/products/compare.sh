#!/bin/sh
# Measures FAA's matrix products beside oneDNN's and the processor's multiply-adds. See Benchmarks/README.md.
# usage: [ROUNDS=21] [THREADS=2] [RESULT=file.csv] compare.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../Sources/Lib/CKernels
rounds=${ROUNDS:-21}
threads=${THREADS:-2}
result=${RESULT:-$here/results/$(date +%Y-%m-%d-%H%M).csv}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
trap 'exit 130' INT TERM
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
# shellcheck disable=SC2046
"$clang" -O3 -fno-math-errno -fno-trapping-math -w -I"$kernels" -I"$kernels/include" -I"$here/../engine/peak/include" \
  $(pkg-config --cflags openblas) "$here/main.c" "$here/../engine/peak/peak.c" "$kernels"/*.c -o "$build/products" \
  $(pkg-config --libs openblas) -ldnnl -lm -lpthread -ldl

mkdir -p "$(dirname "$result")"
# oneDNN's threads look for work for a while before they sleep: on the processors of whoever is measured next.
{
  echo "# $(date -u +%Y-%m-%dT%H:%MZ), $rounds rounds, $threads threads, load average $(cut -d ' ' -f 1-3 /proc/loadavg)"
  echo "# CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores"
  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0 \
    "$build/products" "$rounds" "$threads" <"$here/products"
} | tee "$result"
