#!/bin/sh
# Prints the path of ONNX Runtime's shared library, for ORT_DYLIB_PATH: that of PyPI's onnxruntime, which is put into
# target/onnxruntime the first time. Only networks need it (cargo feature `network`).
set -eu

version=1.32.0
home=$(cd "$(dirname "$0")/.." && pwd)/target/onnxruntime-$version

library() { find "$home" -name 'libonnxruntime.so*' -o -name 'libonnxruntime.*dylib' 2>/dev/null | head -n 1; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

if [ ! -d "$home" ] || [ -z "$(library)" ]; then
    echo "onnxruntime: installing PyPI's onnxruntime $version into $home" >&2
    mkdir -p "$home"
    if ! python3 -m venv "$home" >/dev/null 2>&1; then
        command -v apt-get >/dev/null 2>&1 || { echo "onnxruntime: python3 with venv is needed" >&2; exit 1; }
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        python3 -m venv --clear "$home" >&2
    fi
    "$home/bin/pip" install --quiet --no-deps "onnxruntime==$version" >&2
fi
[ -n "$(library)" ] || { echo "onnxruntime: PyPI's onnxruntime $version holds no shared library here" >&2; exit 1; }
library
