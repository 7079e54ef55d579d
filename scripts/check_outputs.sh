#!/bin/sh
# Outputs of a run, read by programs that others wrote: GDAL's own (ogrinfo, ogr2ogr), and those of scripts/check_outputs.py in a
# virtual environment under target/, made once.
#
#   scripts/check_outputs.sh OUTDIR      a run's folder with all five formats
set -eu
out=${1:?usage: scripts/check_outputs.sh OUTDIR}
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../target}
venv=$target/check-venv

wrong() { printf 'WRONG: %s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian's bindings belong to Debian's Python, whichever other one comes first in PATH.
package_check() { /usr/bin/python3 -m osgeo_utils.samples.validate_gpkg "$@"; }
command -v ogr2ogr >/dev/null 2>&1 && /usr/bin/python3 -c "import osgeo_utils.samples.validate_gpkg" 2>/dev/null || {
    echo "installing gdal-bin and python3-gdal with apt-get" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gdal-bin python3-gdal >/dev/null
}

# The environment is new where the list of packages changed.
if ! cmp -s "$here/requirements-check.txt" "$venv/requirements-check.txt"; then
    echo "installing scripts/requirements-check.txt into $venv" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        python3 -m venv "$venv"
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-check.txt"
    cp "$here/requirements-check.txt" "$venv/requirements-check.txt"
fi

shapes=$(mktemp -d)
trap 'rm -rf "$shapes"' EXIT
count() { ogrinfo -so "$1" "$2" | sed -n 's/^Feature Count: //p'; }
fields() { ogrinfo -so "$1" "$2" | sed -n 's/^\([A-Za-z0-9_]*\): \(String\|Real\|Integer\|Integer64\) .*/\1/p'; }

expected=$(count "$out/municipalities.geojson" municipalities)
[ "$expected" -gt 0 ] || wrong "no municipality in municipalities.geojson"
for file in municipalities.gpkg municipalities.fgb; do
    found=$(count "$out/$file" municipalities)
    [ "$found" = "$expected" ] || wrong "$file: $found features, the GeoJSON has $expected"
    # A shapefile keeps every name: nothing is cut or renamed.
    said=$(ogr2ogr -f "ESRI Shapefile" "$shapes/$file.shp" "$out/$file" municipalities -lco ENCODING=UTF-8 2>&1) || wrong "$file: $said"
    case $said in *ormalized*|*aundered*) wrong "$file: $said" ;; esac
    [ "$(fields "$out/$file" municipalities)" = "$(fields "$shapes/$file.shp" "$file")" ] || wrong "$file: a shapefile has other fields"
    [ "$(count "$shapes/$file.shp" "$file")" = "$expected" ] || wrong "$file: a shapefile has other features"
    echo "$file: $found features; a shapefile keeps all $(fields "$out/$file" municipalities | wc -l) field names"
done
package_check --extra --warning-as-error "$out/municipalities.gpkg" >/dev/null || wrong "municipalities.gpkg is no valid GeoPackage"
echo "municipalities.gpkg: valid, by GDAL's validate_gpkg with all extra checks"
styles=$(ogrinfo -ro -q -sql "SELECT styleName FROM layer_styles" "$out/municipalities.gpkg" | grep -c styleName)
[ "$styles" -ge 2 ] || wrong "municipalities.gpkg: $styles styles"

"$venv/bin/python" "$here/check_outputs.py" "$out"
