#!/bin/bash
# Times every program of this folder in FAA and in Python and prints the ratio of processor times (best of three, start-up
# included; processor time, so that other load on the machine matters little).
# Usage: compare.sh "<command that runs a .faa file>" [python]
set -euo pipefail
read -r -a faa <<< "${1:-faa run}"
python=${2:-python3}
cd "$(dirname "$0")"
TIMEFORMAT=%U
best() {
  for _ in 1 2 3; do { time "$@" > /dev/null 2>&3; } 2>&1; done 3>&2 | sort -n | head -1
}
printf '%-10s %8s %9s %6s\n' program 'FAA s' 'Python s' ratio
for program in *.faa; do
  name=${program%.faa}
  ours=$(best "${faa[@]}" "$program")
  theirs=$(best "$python" "$name.py")
  printf '%-10s %8s %9s %6s\n' "$name" "$ours" "$theirs" "$(awk "BEGIN { printf \"%.1f\", $theirs / $ours }")"
done
