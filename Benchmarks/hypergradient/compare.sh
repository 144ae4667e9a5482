#!/bin/sh
# Builds the benchmark beside the library, runs it and its counterparts in turn, and prints the ratios.
# usage: compare.sh [python with torch] [python with jax and jaxopt]
# Where torchopt can be imported by the first python, and jax by the second, they are measured too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-python3}
jax=${2:-}
build=${BUILD:-$(mktemp -d)}
[ -n "${BUILD:-}" ] || trap 'rm -rf "$build"' EXIT
mkdir -p "$build/main"
ln -sfn "$here/../../Sources" "$build/Sources"
ln -sf "$here/main.swift" "$build/main/main.swift"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2
faa="$build/.build/release/benchmark"
"$faa" >"$build/faa"
"$python" "$here/torch_reference.py" >"$build/torch"
: >"$build/torchopt"
if "$python" -c 'import torchopt' 2>/dev/null; then
  "$python" "$here/torch_reference.py" torchopt >"$build/torchopt" || true
fi
: >"$build/jax"
: >"$build/jaxopt"
if [ -n "$jax" ]; then
  "$jax" "$here/jax_peer.py" >"$build/jax"
  "$jax" "$here/jax_peer.py" jaxopt >"$build/jaxopt"
fi
# One line a problem; a dash where a peer was not measured.
awk -v dir="$build" '
  function load(name,   line, part) {
    while ((getline line < (dir "/" name)) > 0) { split(line, part, " "); time[name, part[1]] = part[2]; norm[name, part[1]] = part[3] }
  }
  function cell(name, problem, own) {
    return (name, problem) in time ? sprintf("%9.1f %5.1fx", time[name, problem], time[name, problem] / own) : "        -      -"
  }
  BEGIN {
    load("torch"); load("torchopt"); load("jax"); load("jaxopt")
    printf "%-15s %9s   %15s  %15s  %15s  %15s   %s\n", "problem (us)", "FAA", "torch", "torchopt", "jax, jitted", "jaxopt, jitted", "norms; HVP / gradient"
  }
  { printf "%-15s %9.1f   %s  %s  %s  %s   %s %s; %s %s\n", $1, $2, cell("torch", $1, $2), cell("torchopt", $1, $2),
      cell("jax", $1, $2), cell("jaxopt", $1, $2), $3, norm["torch", $1], $5, $7 }
' "$build/faa"
echo
echo "vit-tiny, 10 terms: name, us, norm, peak MB; FAA, then torch"
"$faa" vit
"$python" "$here/torch_reference.py" vit
echo
echo "memory against terms"
for terms in 20 200 2000; do "$faa" memory $terms; done
