#!/bin/sh
# Makes sample_tiles anew, byte for byte: scenes and records, then a reference sample of their map and its labels.
#
# A sample unit must not lie in a training polygon. So the map is made, the sample drawn, the polygons that it hits taken
# out of training.geojson, and that again until none is hit: then the sample is one of the map that the project gives.
set -eu

cd "$(dirname "$0")/.."
simulate=target/release/examples/simulate
cocal=target/release/cocal
work=target/sample

$simulate sample --seed 7 -o sample_tiles
$simulate cells --seed 7 -o sample_tiles
$simulate panel --seed 7 -o sample_tiles
trap 'rm -f sample_tiles/unlabelled.toml' EXIT
sed '/^\[\[assessment\]\]/,/^$/d' sample_tiles/cocal.toml > sample_tiles/unlabelled.toml
dropped=1
while [ "$dropped" -gt 0 ]; do
    $cocal run sample_tiles/unlabelled.toml --out $work --quiet
    $cocal sample --map $work/mask/class_2024.tif --municipalities sample_tiles/municipalities.geojson \
        --code-field MPIO_CCNCT --strata class --buffer 3 --n 500 --seed 1 -o $work/reference.csv --quiet
    dropped=$($simulate untrain --training sample_tiles/training.geojson --sample $work/reference.csv)
    echo "training polygons taken out for the reference sample: $dropped"
done
cp $work/reference_key.csv $work/reference_strata.csv sample_tiles/
for year in 2023 2024; do
    $simulate label --seed 7 --year $year --sample $work/reference.csv -o sample_tiles/reference_$year.csv
done
