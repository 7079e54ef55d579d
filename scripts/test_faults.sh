#!/bin/sh
# Faults caused on purpose, each against an undisturbed run, byte for byte (tests/faults).
#     scripts/test_faults.sh [path/to/cocal [more arguments: --seed N, --kills N, --only CASE...]]
# Without a path the release build is used, with the simulator beside it. Needs cc and python3; as root it also fills a real file system and
# gives its rights up.
set -eu
cd "$(dirname "$0")/.."

cocal=${1:-target/release/cocal}
[ $# -eq 0 ] || shift
simulate=target/release/examples/simulate
for program in "$cocal" "$simulate"; do
    [ -x "$program" ] || { echo "test_faults: $program is not there; run cargo build --release --bin cocal --example simulate" >&2; exit 1; }
done
command -v gdal_translate >/dev/null 2>&1 || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gdal-bin >/dev/null
exec python3 -B tests/faults/run.py "$cocal" "$simulate" "$@"
