#!/bin/sh
# Builds the benchmark beside the library and runs it and its peers in turn.
# usage: compare.sh [python with numpy, scikit-learn, openTSNE] [--sizes 1000 5000] [--threads 1 2]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-python3}
[ $# -gt 0 ] && shift
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/main"
ln -s "$here/../../Sources" "$build/Sources"
ln -s "$here/main.swift" "$build/main/main.swift"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2
"$python" "$here/peers.py" "$build/.build/release/benchmark" "$@"
