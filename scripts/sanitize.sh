#!/usr/bin/env bash
# Runs the tests of the kernels, which alone use vector instructions by hand, under the address sanitizer: every load and store of
# theirs is checked. The sanitizer's runtime comes with rustup's stable toolchain on 64-bit Linux; only its flag is unstable, which
# RUSTC_BOOTSTRAP lets through. Miri does not run AVX-512.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(rustc -vV | sed -n 's/^host: //p')
# GDAL keeps what it opened until the process ends.
export ASAN_OPTIONS=detect_leaks=0 RUSTFLAGS=-Zsanitizer=address RUSTC_BOOTSTRAP=1
cargo test --lib --target "$target" --target-dir target/sanitize -- simd classify::symmetric classify::imported area::tabulate
