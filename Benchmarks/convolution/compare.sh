#!/bin/sh
# Builds the benchmark beside the library and runs it, oneDNN alone, and PyTorch with the stock and with a tuned allocator, in turn, several
# rounds; prints the medians and the ratios (their time over FAA's, median of the rounds' ratios), and keeps them in results.csv.
# usage: compare.sh [python with torch] [rounds] [threads]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-python3}
rounds=${2:-3}
threads=${3:-$(nproc)}
unset OPENBLAS_CORETYPE
export FAA_NUM_THREADS="$threads" OMP_NUM_THREADS="$threads"
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/main"
ln -s "$here/../../Sources" "$build/Sources"
ln -s "$here/peer" "$build/peer"
ln -s "$here/main.swift" "$build/main/main.swift"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2
for round in $(seq "$rounds"); do
  "$build/.build/release/benchmark" "$here/shapes.csv" faa | tee "$build/header" | sed '/^#/d; s/^/faa /'
  "$python" "$here/torch_reference.py" "$here/shapes.csv" "$threads" | sed 's/^/stock /'
  MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=1000000000 \
    "$python" "$here/torch_reference.py" "$here/shapes.csv" "$threads" | sed 's/^/tuned /'
  "$build/.build/release/benchmark" "$here/shapes.csv" onednn | sed 's/^/onednn /'
done >"$build/times"
{
  sed -n 's/^# //p' "$build/header"
  sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
  "$python" -c 'import torch; print("PyTorch", torch.__version__)'
  echo "$rounds rounds; load $(cut -d' ' -f1-3 /proc/loadavg) at the end"
} | sed 's/^/# /'
"$python" "$here/ratios.py" "$build/times" "$here/results.csv"
