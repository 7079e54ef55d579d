#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (60 unless it is said) and prints a table of what came of it.
#   scripts/fuzz.sh [SECONDS] [TARGET...]
# It needs rustup's nightly toolchain and cargo-fuzz (cargo install cargo-fuzz); see fuzz/README.md.
# COCAL_FUZZ_SANITIZER=address builds with the address sanitizer. Exit code 1: something was found.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
sanitizer=${COCAL_FUZZ_SANITIZER:-none}
host=$(rustc -vV | sed -n 's/^host: //p')
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi
if [ -z "${COCAL_FUZZ_BUILT:-}" ]; then
    nice -n 5 cargo +nightly fuzz build --sanitizer "$sanitizer" >&2
fi
# What parsers write to disk is small and short-lived, and no target looks up an address.
[ -d /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}
export ASAN_OPTIONS=detect_leaks=0 PROJ_NETWORK=OFF
log=$(mktemp)
trap 'rm -f "$log"' EXIT
found=0
printf '| target | CPU s | executions | per s | edges | inputs kept | finds |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n'
for target in "${targets[@]}"; do
    mkdir -p "fuzz/mined/$target" "fuzz/artifacts/$target"
    folders=("fuzz/mined/$target" "fuzz/corpus/$target")
    [ -d "fuzz/found/$target" ] && folders+=("fuzz/found/$target")
    options=(-max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -max_len=4096 -print_final_stats=1)
    [ -f "fuzz/dict/$target.dict" ] && options+=(-dict="fuzz/dict/$target.dict")
    before=$(find "fuzz/artifacts/$target" -type f | wc -l)
    TIMEFORMAT='cpu %U %S'
    { time nice -n 10 "fuzz/target/$host/release/$target" "${options[@]}" -artifact_prefix="fuzz/artifacts/$target/" \
        "${folders[@]}"; } >"$log" 2>&1 || true
    finds=$(($(find "fuzz/artifacts/$target" -type f | wc -l) - before))
    if [ "$finds" -gt 0 ]; then
        found=1
        cp "$log" "fuzz/artifacts/$target.log"
    fi
    awk -v target="$target" -v finds="$finds" -v kept="$(find "fuzz/mined/$target" -type f | wc -l)" '
        /^cpu /                          { cpu = $2 + $3 }
        / cov: /                         { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /^#[0-9]+/                       { seen = substr($1, 2) }
        /stat::number_of_executed_units/ { runs = $2 }
        END {
            if (!runs) runs = seen
            printf "| `%s` | %.0f | %d | %.0f | %d | %d | %d |\n", target, cpu, runs, cpu ? runs / cpu : 0, edges, kept, finds
        }' "$log"
done
exit $found
