#!/bin/sh
# A run's QGIS project in headless QGIS: every layer loads and is drawn as it says. Installs QGIS (some 500 MB) where it is not
# there, so this is no part of `make test`.
#
#   scripts/check_qgis.sh OUTDIR PICTURE.png
set -eu
out=${1:?usage: scripts/check_qgis.sh OUTDIR PICTURE.png}
picture=${2:?usage: scripts/check_qgis.sh OUTDIR PICTURE.png}
here=$(cd "$(dirname "$0")" && pwd)
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian's bindings belong to Debian's Python, whichever other one comes first in PATH.
python=/usr/bin/python3
"$python" -c "import qgis.core" 2>/dev/null ||
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qgis python3-qgis >/dev/null
QT_QPA_PLATFORM=offscreen "$python" "$here/qgis_render.py" "$out" "$picture"
