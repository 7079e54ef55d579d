#!/usr/bin/env bash
# Runs the tests of the kernels, which alone use vector instructions by hand, under the address sanitizer: every load and store of
# theirs is checked. Needs a nightly compiler from rustup.
# Miri does not run AVX-512.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(rustc -vV | sed -n 's/^host: //p')
# GDAL keeps what it opened until the process ends.
export ASAN_OPTIONS=detect_leaks=0 RUSTFLAGS=-Zsanitizer=address
cargo +nightly test --lib --target "$target" --target-dir target/sanitize -- simd classify::symmetric classify::imported area::tabulate
