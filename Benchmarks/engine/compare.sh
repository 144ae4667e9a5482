#!/bin/sh
# Measures FAA's engine and PyTorch side by side: stock, and with a malloc that keeps its memory. See Benchmarks/README.md.
# usage: [ROWS=expression] [ROUNDS=5] [THREADS=2] [BUDGET=seconds a row] [RESULT=file.csv] compare.sh [python with torch]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-python3}
rounds=${ROUNDS:-5}
threads=${THREADS:-2}
result=${RESULT:-$here/results/$(date +%Y-%m-%d-%H%M).csv}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
trap 'exit 130' INT TERM
ln -s "$here/../../Sources" "$build/Sources"
ln -s "$here/main" "$build/main"
ln -s "$here/peak" "$build/peak"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product benchmark >&2

# The same machine for all: an unpinned OpenBLAS, as many threads, no other settings that only one of them reads.
clean() {
  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE THREADS="$threads" FAA_NUM_THREADS="$threads" \
    OPENBLAS_NUM_THREADS="$threads" OMP_NUM_THREADS="$threads" MKL_NUM_THREADS="$threads" "$@"
}
faa() { clean "$build/.build/release/benchmark" "$@"; }
stock() { clean "$python" "$here/torch_peer.py" "$@"; }
tuned() {
  clean MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=1000000000 \
    "$python" "$here/torch_peer.py" "$@"
}

load() { echo "# load average $(cut -d ' ' -f 1-3 /proc/loadavg) $1"; }
{
  echo "# $(date -u +%Y-%m-%dT%H:%MZ), $rounds rounds, $threads threads"
  echo "# CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores"
  faa --about
  echo "# $(swift --version 2>/dev/null | head -1)"
  stock --about
  load 'before'
} | tee "$build/banner"

faa --list | awk -F '\t' -v rows="${ROWS:-.}" '$1 ~ rows' >"$build/rows"
[ -s "$build/rows" ] || { echo "no row matches ${ROWS:-.}" >&2; exit 1; }
# The arguments that ask for all rows of some kinds.
asked() { awk -F '\t' -v kinds=" $1 " 'index(kinds, " " $2 " ") { print "--row", $1 }' "$build/rows"; }
shared=$(asked 'shared')
alone=$(awk -F '\t' '$2 == "alone" { print $1 }' "$build/rows")
budget=${BUDGET:+--seconds $BUDGET}

# Runs one program over some rows and keeps what it prints, under the round and its name.
run() {
  system=$1
  shift
  # shellcheck disable=SC2086
  "$system" $budget "$@" >"$build/printed"
  awk -v OFS='\t' -v round="$round" -v system_="$system" \
    '/^#/ { if (round == 1) print >"/dev/stderr"; next } { print round, system_, $0 }' "$build/printed" >>"$build/measured"
}

for round in $(seq "$rounds"); do
  echo "# round $round" >&2
  if [ -n "$shared" ] || [ -n "$(asked own)" ]; then
    # shellcheck disable=SC2046
    run faa $(asked 'shared own')
  fi
  if [ -n "$shared" ]; then
    # shellcheck disable=SC2086
    run stock $shared
    # shellcheck disable=SC2086
    run tuned $shared
  fi
  for row in $alone; do
    for system in faa stock tuned; do run "$system" --row "$row"; done
  done
  load "after round $round" | tee -a "$build/banner" >&2
done

mkdir -p "$(dirname "$result")"
cat "$build/banner" >"$result"
awk -f "$here/summary.awk" -v csv="$result" "$build/rows" "$build/measured"
echo "kept in $result"
