#!/bin/sh
# Builds the benchmark beside the library and compares it with oneDNN alone and with PyTorch (see compare.py); keeps results.csv.
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
"$python" "$here/compare.py" "$build/.build/release/benchmark" "$threads" "$rounds" "$here/results.csv"
