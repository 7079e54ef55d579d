#!/bin/sh
# Makes target/cluster/venv with what the tests and benches on clusters need, and prints its Python. Nothing is done where all is there.
set -eu
cd "$(dirname "$0")/.."

work=target/cluster
python=$work/venv/bin/python
stop() { printf 'cluster_venv: %s\n' "$*" >&2; exit 1; }
python3 -c 'import venv, ensurepip' 2>/dev/null || stop "python3 has no venv: apt-get install python3-venv"
if [ ! -x "$python" ] || ! cmp -s tests/cluster/requirements.txt "$work/venv/installed.txt"; then
    rm -rf "$work/venv"
    mkdir -p "$work"
    python3 -m venv "$work/venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r tests/cluster/requirements.txt
    cp tests/cluster/requirements.txt "$work/venv/installed.txt"
fi
# As a user installs it, not from the source folder.
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall ./python
echo "$python"
