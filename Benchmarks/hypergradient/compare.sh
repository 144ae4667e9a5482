#!/bin/sh
# Builds the benchmark beside the library, runs it and its PyTorch counterpart in turn, and prints the ratios.
# usage: compare.sh [python with torch]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-python3}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/main"
ln -s "$here/../../Sources" "$build/Sources"
ln -s "$here/main.swift" "$build/main/main.swift"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2
"$build/.build/release/benchmark" >"$build/faa"
"$python" "$here/torch_reference.py" >"$build/torch"
printf '%-16s %12s %12s %8s   %s\n' problem 'FAA us' 'torch us' ratio 'norms; HVP / gradient time'
join "$build/faa" "$build/torch" 2>/dev/null |
  awk '{ printf "%-16s %12s %12s %7.1fx   %s %s; %s %s\n", $1, $2, $8, $8 / $2, $3, $9, $5, $7 }'
