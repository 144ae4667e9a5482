#!/bin/sh
# Times every program of this folder in FAA and in Python and prints the ratio (best of three; start-up included).
# Usage: compare.sh "<command that runs a .faa file>" [python]
set -eu
faa=${1:-faa run}
python=${2:-python3}
cd "$(dirname "$0")"
best() {
  smallest=
  for _ in 1 2 3; do
    start=$(date +%s%N)
    "$@" > /dev/null
    end=$(date +%s%N)
    spent=$((end - start))
    if [ -z "$smallest" ] || [ "$spent" -lt "$smallest" ]; then smallest=$spent; fi
  done
  echo "$smallest"
}
printf '%-10s %10s %10s %8s\n' program 'FAA ms' 'Python ms' ratio
for program in *.faa; do
  name=${program%.faa}
  # The command may carry arguments of its own, so it is split on purpose.
  # shellcheck disable=SC2086
  ours=$(best $faa "$program")
  theirs=$(best "$python" "$name.py")
  printf '%-10s %10s %10s %8s\n' "$name" $((ours / 1000000)) $((theirs / 1000000)) \
    "$(awk "BEGIN { printf \"%.1f\", $theirs / $ours }")"
done
