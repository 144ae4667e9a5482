#!/bin/bash
# Times commands on small tensors beside the engine's own operations, in one process: compiles a program against the modules of a release
# build and runs it.
# usage: [BUILD=folder of a release build that is there] commands.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
if [ -z "${BUILD:-}" ]; then
  swift build -c release --product faa >&2
  BUILD=$(swift build -c release --show-bin-path)
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# What the commands are made of; the system's libraries come with their own maps.
modules=(CKernels CDNN Tensor Autodiff Hypergradient Layers Models Training Faces CAnalysis Analysis Interchange CGnuplot Figures
  Syntax CMachine Runtime Commands)
maps=()
for map in Sources/Lib/CBLAS/module.modulemap Sources/Lib/CPNG/module.modulemap "$BUILD"/C*.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done
for folder in Sources/Lib/C*/include Sources/Kernel/C*/include; do maps+=(-I "$folder"); done
# Of what is linked into `faa`; the folders may hold objects of files that are no more.
objects=$(grep -E "/($(IFS='|' && echo "${modules[*]}"))\.build/" "$BUILD/faa.product/Objects.LinkFileList" | tr -d "'\"")
# shellcheck disable=SC2086
swiftc -O -swift-version 6 -I "$BUILD/Modules" "${maps[@]}" "$here/commands/main.swift" $objects \
  -lopenblas -ldnnl -lpng -lboost_iostreams -lboost_filesystem -lboost_system -lutil -lm -lstdc++ -o "$scratch/commandcost"
"$scratch/commandcost"
