#!/bin/sh
# Builds the benchmark beside the library, and runs it and its peers in turn on the same samples.
# usage: compare.sh PYTHON [--sizes 1000 10000 70000] [--seeds 3] [--programs auto sklearn intelex openTSNE-bh openTSNE-fft]
# PYTHON has numpy, scipy, scikit-learn, scikit-learn-intelex and openTSNE.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:?the path of a python}
shift
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/main"
ln -s "$here/../../Sources" "$build/Sources"
ln -s "$here/main.swift" "$build/main/main.swift"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2
"$python" "$here/compare.py" "$build/.build/release/benchmark" "$build" "$@"
