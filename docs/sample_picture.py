#!/usr/bin/env python3
"""Draws what a run of the sample made: a composite, the class map, and the coca mask beside the census.

Needs Python 3.9 or later and

    pip install geopandas matplotlib numpy pandas pillow rasterio

Run the sample, then draw it, from the root of the repository:

    cocal run sample_tiles/cocal.toml --out OUTDIR
    python3 docs/sample_picture.py OUTDIR -o docs/sample.png

Class names and colours are those the rasters carry. GDAL keeps the names in `class_YEAR.tif.aux.xml`, which must lie
beside its raster. Hectares are those of `comparison.csv`; nothing is counted here.
"""

import argparse
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import geopandas
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas
import rasterio
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from PIL import Image
from rasterio import features
from shapely import box
from shapely.affinity import scale
from shapely.ops import polylabel, unary_union

UNOBSERVED = 255
SCL_NOT_CLEAR = (0, 3, 8, 9, 10)  # no data, shadow, cloud (medium, high), cirrus
COMPOSITE = ("B11", "B8", "B4")  # shown as red, green, blue
BORDER = {"color": "#222222", "linewidth": 1.6}
SMALL_M = 100  # an unobserved patch below this gets a ring
LABEL_M = 1000  # a municipality narrower than this has its label outside
SIZE_INCHES, DPI = (10, 11.8), 160


def clear_median(tiles, year, grid):
    """Median reflectance of the clear observations of a year, [band, row, col] on `grid`; NaN where there is none."""
    scenes = []
    for path in sorted(tiles.glob(f"*_{year}-*.tif")):
        with rasterio.open(path) as scene:
            bands = [scene.descriptions.index(name) for name in COMPOSITE]
            gain, offset = (np.array(values)[bands, None, None] for values in (scene.scales, scene.offsets))
            reflectance = scene.read([band + 1 for band in bands]) * gain + offset
            scl = scene.read(scene.descriptions.index("SCL") + 1)
            reflectance[:, np.isin(scl, SCL_NOT_CLEAR)] = np.nan
            row, col = grid.index(*scene.xy(0, 0))
            scenes.append(np.full((len(bands), *grid.shape), np.nan, dtype="float32"))
            scenes[-1][:, row : row + scene.height, col : col + scene.width] = reflectance
    if not scenes:
        raise SystemExit(f"no scenes of {year} in {tiles}")
    return np.ma.median(np.ma.masked_invalid(scenes), axis=0).filled(np.nan)


def stretch(bands, high=99.5):
    """Reflectance to RGB in 0..1, each band from zero to a percentile; black where unobserved."""
    limits = np.nanpercentile(bands, high, axis=(1, 2))[:, None, None]
    return np.nan_to_num(np.clip(bands / limits, 0, 1)).transpose(1, 2, 0)


def class_names(path):
    """Names of the values of a raster, by value."""
    names = ElementTree.parse(f"{path}.aux.xml").findall(".//CategoryNames/Category")
    return {value: name.text for value, name in enumerate(names) if name.text}


def paint(values, colours):
    """Values to RGB with the raster's colour table; black where unobserved."""
    table = np.array([colours[value][:3] for value in range(256)], dtype="uint8")
    return np.where(values[:, :, None] == UNOBSERVED, 0, table[values])


def swatch(colour, label):
    """An entry of a legend; colour as 0..255."""
    return Patch(facecolor=np.array(colour[:3]) / 255, edgecolor="#555555", linewidth=0.6, label=label)


def mark_unobserved(axes, values, grid):
    """Hatches the unobserved ground and rings each patch of it that is too small to see."""
    unobserved = values == UNOBSERVED
    for shape, _ in features.shapes(unobserved.astype("uint8"), mask=unobserved, transform=grid.transform):
        outline = np.array(shape["coordinates"][0])
        axes.fill(*outline.T, facecolor="black", edgecolor="white", linewidth=0, hatch="////", zorder=3)
        if np.ptp(outline, axis=0).max() < SMALL_M:
            centre = (outline.min(axis=0) + outline.max(axis=0)) / 2
            for colour, width in (("white", 4), ("black", 1.8)):
                axes.plot(*centre, "o", markersize=13, fillstyle="none", color=colour, markeredgewidth=width, zorder=4)


def hectares(value, missing):
    """Hectares as text; a missing figure is said to be missing, never zero."""
    if pandas.isna(value):
        return missing
    return f"{value:.{1 if value >= 1 else 2}f} ha"


def label_municipalities(axes, places, imagery):
    """Writes code and hectares where a municipality has most room in the imagery, or above it with a line."""
    sheet = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    style = {"linespacing": 1.15, "bbox": sheet, "zorder": 6}
    for place in places.itertuples():
        mapped = f"mapped {hectares(place.mapped_area_ha, 'unobserved')}"
        census = f"census {hectares(place.census_ha, 'no figure')}"
        flag = f"({place.flag.replace('_', ' ')})" if isinstance(place.flag, str) else ""
        inside = place.geometry.intersection(imagery)
        # A label is wider than high: what is sought is the widest place, not the roundest.
        squeezed = polylabel(scale(inside, xfact=0.4, origin=(0, 0)), tolerance=10)
        at = (squeezed.x / 0.4, squeezed.y)
        if np.ptp(inside.bounds[::2]) > LABEL_M:
            text = "\n".join(filter(None, [place.municipality_code, mapped, census, flag]))
            axes.text(*at, text, ha="center", va="center", **style)
        else:
            text = " ".join(filter(None, [f"{place.municipality_code}:", mapped, "/", census, flag]))
            beside = (at[0] + LABEL_M / 4, imagery.bounds[3] + 90)
            line = {"arrowstyle": "-", "linewidth": 1.2, "relpos": (0, 0), "shrinkA": 0, "shrinkB": 0}
            axes.annotate(text, at, beside, va="center", arrowprops=line, annotation_clip=False, **style)


def legend(axes, entries, grid):
    """A legend on the white ground right of the imagery."""
    place = {"bbox_to_anchor": (grid.bounds.right + 40, grid.bounds.top), "bbox_transform": axes.transData}
    axes.legend(handles=entries, loc=2, frameon=False, borderaxespad=0, borderpad=0, handlelength=1.5, **place)


def prepare(axes, title, image, grid, span):
    """A panel: title, image with a frame, ticks."""
    left, bottom, right, top = grid.bounds
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=5)
    axes.imshow(image, extent=(left, right, bottom, top), interpolation="nearest")
    axes.set(xlim=span[::2], ylim=span[1::2])
    axes.set_xticks(np.arange(left // 1000 + 1, right // 1000 + 1) * 1000)
    axes.set_yticks(np.arange(bottom // 1000 + 1, top // 1000 + 1) * 1000)
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.tick_params(labelsize=8)
    plt.setp(axes.get_yticklabels(), rotation=90, va="center")
    axes.spines[:].set_visible(False)
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor="black", linewidth=0.8))


def draw(outdir, sample, year):
    """The whole figure."""
    with rasterio.open(outdir / "mask" / f"class_{year}.tif") as grid:
        classes, class_colours = grid.read(1), grid.colormap(1)
    with rasterio.open(outdir / "mask" / f"coca_{year}.tif") as raster:
        coca, coca_colours = raster.read(1), raster.colormap(1)
    names = class_names(outdir / "mask" / f"class_{year}.tif")
    table = pandas.read_csv(outdir / "comparison.csv", dtype={"municipality_code": str})
    places = geopandas.read_file(outdir / "municipalities.geojson")[["municipality_code", "geometry"]].to_crs(grid.crs)
    places = places.merge(table[table.year == year], on="municipality_code")

    figure, panels = plt.subplots(3, 1, figsize=SIZE_INCHES, dpi=DPI, sharex=True, layout="constrained")
    figure.suptitle(f"cocal on its synthetic sample, {year}: no real ground, no real census", size=14, weight="bold")
    composite = stretch(clear_median(sample / "tiles", year, grid))
    span = unary_union([*places.geometry, box(*grid.bounds)]).buffer(20).bounds
    prepare(panels[0], "Median of clear observations: B11, B8, B4 as red, green, blue", composite, grid, span)
    prepare(panels[1], "Land cover class", paint(classes, class_colours), grid, span)
    prepare(panels[2], "Coca mask, mapped and census hectares", paint(coca, coca_colours), grid, span)
    for axes in panels:
        mark_unobserved(axes, classes, grid)
    label = f"unobserved ({np.count_nonzero(classes == UNOBSERVED):,} px);\nsmall patches ringed"
    unobserved = Patch(facecolor="black", edgecolor="white", hatch="////", label=label)
    legend(panels[0], [unobserved], grid)
    legend(panels[1], [swatch(class_colours[v], n.replace("_", " ")) for v, n in names.items()] + [unobserved], grid)
    entries = [swatch(coca_colours[1], "coca"), swatch(coca_colours[0], "not coca"), unobserved]
    entries += [Line2D([], [], **BORDER, label="municipality"), swatch((255, 255, 255), "outside the imagery")]
    panels[2].legend(handles=entries, loc="upper left", bbox_to_anchor=(0, -0.14), ncols=5, frameon=False)
    places.boundary.plot(ax=panels[2], **BORDER, zorder=7)
    label_municipalities(panels[2], places, box(*grid.bounds))
    panels[2].set_xlabel(f"metres east and north, {grid.crs}", loc="right", fontsize=8)
    panels[2].set_ylabel("")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path, help="the folder that `cocal run --out` wrote")
    parser.add_argument("--sample", type=Path, default="sample_tiles", help="the folder of the sample")
    parser.add_argument("--year", type=int, default=2024, help="the census year to draw")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the PNG to write")
    arguments = parser.parse_args()
    plt.rcParams.update({"font.size": 9.5, "hatch.linewidth": 0.8, "hatch.color": "white"})
    figure = draw(arguments.outdir, arguments.sample, arguments.year)
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[:, :, :3])
    picture.quantize(256, dither=Image.Dither.NONE).save(arguments.output, optimize=True)


if __name__ == "__main__":
    main()
