#!/bin/sh
# Builds the program that times commands on small tensors beside the engine's own operations, and runs it.
# usage: commands.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for part in Sources Tests Package.resolved; do ln -s "$root/$part" "$build/$part"; done
mkdir "$build/main"
ln -s "$here/commands/main.swift" "$build/main/main.swift"
sed 's|^  targets: \[$|&\n    .executableTarget(name: "commandcost", dependencies: ["Commands", "Runtime", "Tensor"], path: "main", swiftSettings: swiftSettings),|' \
  "$root/Package.swift" > "$build/Package.swift"
swift build --package-path "$build" -c release --product commandcost >&2
"$build/.build/release/commandcost"
