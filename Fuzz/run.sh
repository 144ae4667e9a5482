#!/bin/sh
# Fuzzes the language with libFuzzer, guided by the coverage of lexer, parser, compiler and machine. Starts from the scripts of the tests;
# what it finds worth keeping goes to FINDINGS, a crash or a hang as a file of its own that `FINDINGS=… run.sh 0 FILE` repeats.
# usage: [FINDINGS=folder] run.sh [minutes [file to repeat]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
minutes=${1:-60}
findings=${FINDINGS:-${TMPDIR:-/tmp}/faa-fuzz}
build=$findings/build
mkdir -p "$build" "$findings/corpus" "$findings/faults" "$findings/scripts"
ln -sfn "$here/../Sources" "$build/Sources"
ln -sfn "$here/main" "$build/main"
cp "$here/Package.swift.in" "$build/Package.swift"
swift build --package-path "$build" -c release --product fuzz
fuzz=$build/.build/release/fuzz

if [ $# -gt 1 ]; then exec "$fuzz" "$2"; fi
for script in "$here"/../Tests/Scripts/*/*.faa; do
  cp "$script" "$findings/scripts/$(basename "$(dirname "$script")")-$(basename "$script")"
done
# Words of the language, so that it need not guess them byte by byte.
grep -oh '`[a-zA-Z.<>=!&|*/%@?:+-]*`' "$here/../docs/language.md" | tr -d '`' | sort -u |
  awk 'length > 1 && length < 20 { print "\"" $0 "\"" }' > "$findings/words"
exec "$fuzz" -max_total_time=$((minutes * 60)) -timeout=20 -rss_limit_mb=4096 -max_len=2000 -print_final_stats=1 \
  -dict="$findings/words" -artifact_prefix="$findings/faults/" "$findings/corpus" "$findings/scripts"
