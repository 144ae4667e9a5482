#!/bin/bash
# Times every program of this folder in FAA and in Python: rounds of one run each, one after the other. Prints the medians of the processor times
# without start-up (that of an empty program; processor time, so that other load on the machine matters less), the median over rounds of their
# ratio, and the geometric mean of the ratios.
# usage: [ROUNDS=5] compare.sh ["command that runs a program from its standard input" [python]]     (python itself, not a shell script around it)
set -euo pipefail
read -r -a faa <<< "${1:-faa}"
python=${2:-$(python3 -c 'import sys; print(sys.executable)')}
rounds=${ROUNDS:-5}
cd "$(dirname "$0")"
TIMEFORMAT='%U %S'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
: > "$scratch/empty.faa"
: > "$scratch/empty.py"
# usage: seconds program command…
seconds() { { time "${@:2}" < "$1" > /dev/null 2>&3; } 2>&1 3>&2 | awk '{ print $1 + $2 }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
for _ in $(seq 5); do
  seconds "$scratch/empty.faa" "${faa[@]}" >> "$scratch/ours"
  seconds "$scratch/empty.py" "$python" >> "$scratch/theirs"
done
start=$(median < "$scratch/ours")
pystart=$(median < "$scratch/theirs")
echo "start-up: FAA $start s, Python $pystart s; $("$python" --version); $rounds rounds"
printf '%-10s %8s %9s %6s\n' program 'FAA s' 'Python s' ratio
for program in *.faa; do
  name=${program%.faa}
  : > "$scratch/rounds"
  for _ in $(seq "$rounds"); do
    ours=$(seconds "$program" "${faa[@]}")
    theirs=$(seconds "$name.py" "$python")
    awk -v a="$ours" -v b="$theirs" -v s="$start" -v p="$pystart" 'BEGIN { print a - s, b - p, (b - p) / (a - s) }' \
      >> "$scratch/rounds"
  done
  ratio=$(awk '{ print $3 }' "$scratch/rounds" | median)
  echo "$ratio" >> "$scratch/ratios"
  printf '%-10s %8.3f %9.3f %6.2f\n' "$name" "$(awk '{ print $1 }' "$scratch/rounds" | median)" \
    "$(awk '{ print $2 }' "$scratch/rounds" | median)" "$ratio"
done
awk '{ s += log($1) } END { printf "geometric mean of %d ratios: %.2f\n", NR, exp(s / NR) }' "$scratch/ratios"
