#!/bin/sh
# Takes out of node_modules what this machine's kind never runs: ONNX Runtime for other systems (250 MB), builds
# for Alpine's C library, source maps, and
# the ffmpeg from npm, which is older than Debian's.
#   slim.sh NODE_MODULES
set -eu
modules=$1
kind=$(node -p 'process.platform + "/" + process.arch')
for folder in "$modules"/onnxruntime-node/bin/*/*/*; do
  case $folder in
    */"$kind") ;;
    *) rm -rf "$folder" ;;
  esac
done
rm -rf "$modules/@ffmpeg-installer" "$modules"/@img/*linuxmusl* "$modules"/@duckdb/*musl*
find "$modules" -name '*.map' -type f -delete
