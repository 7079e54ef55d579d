#!/bin/sh
# The report's page: its unit tests and types, that report/dist is what its sources give, and the page of the sample in a real
# browser. Uses the program that `cargo test` has built, or COCAL. Debian's Chromium and Node.js are installed where missing.
set -eu
cd "$(dirname "$0")/.."

cocal=${COCAL:-target/debug/cocal}
work=target/page-test
stop() { printf 'test_page: %s\n' "$*" >&2; exit 1; }

missing=
command -v node >/dev/null 2>&1 || missing="nodejs npm"
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || missing="$missing chromium"
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || stop "install these and set CHROMIUM to the browser: $missing"
    echo "test_page: installing$missing with apt-get" >&2
    as_root=; [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
[ -x "$cocal" ] || stop "$cocal is not there; run cargo test (or cargo build) first"

(cd report && npm ci --silent --no-audit --no-fund && npm test --silent)

rm -rf "$work"
mkdir -p "$work"
"$cocal" run sample_tiles/cocal.toml --out "$work/out" --quiet
"$cocal" report "$work/out" --quiet -o "$work/report.html"
(cd report && REPORT_HTML="../$work/report.html" REPORT_OUTDIR="../$work/out" npm run --silent test:browser)
