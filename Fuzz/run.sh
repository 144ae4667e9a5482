#!/bin/sh
# Fuzzes the language with libFuzzer, guided by the coverage of lexer, parser, compiler and machine, under the address sanitizer. Starts from
# the scripts of the tests; what it finds worth keeping goes to FINDINGS, where the next run goes on; a crash, a hang or a leak ends it as a
# file in FINDINGS/faults that `run.sh 0 FILE` repeats.
# usage: [FINDINGS=folder] run.sh [minutes [file to repeat]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
minutes=${1:-60}
findings=${FINDINGS:-${TMPDIR:-/tmp}/faa-fuzz}
if [ $# -gt 1 ]; then fault=$(realpath "$2"); fi
mkdir -p "$findings/build" "$findings/corpus" "$findings/faults" "$findings/scripts" "$findings/folder"
findings=$(cd "$findings" && pwd)
build=$findings/build
ln -sfn "$here/../Sources" "$build/Sources"
ln -sfn "$here/main" "$build/main"
cp "$here/Package.swift.in" "$build/Package.swift"
# Progress, not the program's output, is what is wanted of the build.
swift build --package-path "$build" -c release --product fuzz >&2
fuzz=$build/.build/release/fuzz

# The stack guard compares addresses of locals, which the sanitizer would move to the heap.
export ASAN_OPTIONS=detect_stack_use_after_return=0
export LSAN_OPTIONS="suppressions=$here/globals.txt:print_suppressions=0"
# Programs may change the working folder, not files.
cd "$findings/folder"
if [ $# -gt 1 ]; then exec "$fuzz" "$fault"; fi
for script in "$here"/../Tests/Scripts/*/*.faa; do
  cp "$script" "$findings/scripts/$(basename "$(dirname "$script")")-$(basename "$script")"
done
# Words of the language, so that it need not guess them byte by byte.
grep -oh '`[a-zA-Z.<>=!&|*/%@?:+-]*`' "$here/../docs/language.md" | tr -d '`' | sort -u |
  awk 'length > 1 && length < 20 { print "\"" $0 "\"" }' > "$findings/words"
exec "$fuzz" -max_total_time=$((minutes * 60)) -timeout=30 -rss_limit_mb=3000 -max_len=2000 -print_final_stats=1 \
  -dict="$findings/words" -artifact_prefix="$findings/faults/" "$findings/corpus" "$findings/scripts"
