#!/bin/sh
# Batches on real clusters of this machine: Dask (python/), Slurm and an object store, each against one `cocal run`.
#     scripts/test_cluster.sh [path/to/cocal]
# Without a path the release build is used (a debug build takes an hour). Debian's gdal-bin, munge, slurm-wlm and python3-venv are installed
# where missing; Python packages go into target/cluster/venv. Needs root, for Slurm. Some 5 to 10 minutes on two cores.
set -eu
cd "$(dirname "$0")/.."

cocal=${1:-target/release/cocal}
work=target/cluster
stop() { printf 'test_cluster: %s\n' "$*" >&2; exit 1; }
[ -x "$cocal" ] || stop "$cocal is not there; run cargo build --release, or name the program"
[ "$(id -u)" -eq 0 ] || stop "run it as root: munged and slurmd want it"

missing=
command -v gdal_translate >/dev/null 2>&1 || missing="gdal-bin"
command -v munged >/dev/null 2>&1 || missing="$missing munge"
{ command -v slurmctld && command -v slurmd; } >/dev/null 2>&1 || missing="$missing slurm-wlm"
python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || stop "install these: $missing"
    echo "test_cluster: installing $missing with apt-get" >&2
    DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

python=$(scripts/cluster_venv.sh)

failed=
"$python" -m unittest discover -s python/tests || failed=" python/tests"
for test in dask_cluster slurm_cluster object_store; do
    "$python" tests/cluster/$test.py --cocal "$cocal" --work "$work" || failed="$failed $test"
done
[ -z "$failed" ] || stop "failed:$failed"
echo "test_cluster: all passed"
