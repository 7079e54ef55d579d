#!/usr/bin/env python3
"""Loads a run's cocal.qgs in headless QGIS, checks its layers, and draws it.

    python3 scripts/qgis_render.py OUTDIR PICTURE.png

Wants QGIS's Python bindings (Debian: python3-qgis). Exit code 1, with what is wrong, where a layer does not load or is not
drawn as the project says.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

RASTERS = {"class": "paletted", "coca": "paletted", "probability": "singlebandpseudocolor", "observations": "singlebandpseudocolor"}


def check(layers, wrong):
    for layer in layers:
        name = layer.name()
        if not layer.isValid():
            wrong.append(f"{name} is not valid: {layer.error().summary()}")
            continue
        if not layer.crs().isValid():
            wrong.append(f"{name} has no reference system")
        kind = layer.renderer().type()
        if isinstance(layer, QgsVectorLayer):
            rules = layer.renderer().rootRule().children() if kind == "RuleRenderer" else []
            seen = 0
            for feature in layer.getFeatures():
                layer_context = [rule for rule in rules if rule.filter() and matches(layer, rule, feature)]
                if len(layer_context) != 1:
                    wrong.append(f"{name}: feature {feature.id()} fits {len(layer_context)} classes of the legend")
                seen += 1
            if not seen or len(rules) < 3:
                wrong.append(f"{name}: {seen} features, renderer {kind} with {len(rules)} rules")
            print(f"{name}: {seen} features, {len(rules)} classes, aliases such as '{layer.attributeDisplayName(3)}'")
        else:
            expected = RASTERS[name.split()[0]]
            if kind != expected:
                wrong.append(f"{name}: renderer {kind}, not {expected}")
            print(f"{name}: {kind}")


def matches(layer, rule, feature):
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    expression = QgsExpression(rule.filterExpression())
    return bool(expression.evaluate(context)) and not expression.hasEvalError()


def check_default_styles(out, wrong):
    """Opened without the project, a layer comes with its own style."""
    package = out / "municipalities.gpkg"
    if package.exists():
        layer = QgsVectorLayer(f"{package}|layername=municipalities", "alone", "ogr")
        count, ids, names, *_ = layer.listStylesInDatabase()
        if layer.renderer().type() != "RuleRenderer":
            wrong.append(f"municipalities.gpkg opens with {layer.renderer().type()}, not with its own style")
        if count < 2:
            wrong.append(f"municipalities.gpkg has {count} styles")
        print(f"municipalities.gpkg alone: styles {names}")
        table = QgsVectorLayer(f"{package}|layername=figures", "figures", "ogr")
        if not table.isValid() or table.featureCount() == 0:
            wrong.append("table figures of municipalities.gpkg is empty")
    for path in sorted(out.glob("mask/*.tif")):
        layer = QgsRasterLayer(str(path), path.stem)
        expected = RASTERS[path.stem.split("_")[0]]
        if not layer.isValid() or layer.renderer().type() != expected:
            wrong.append(f"{path.name} opens with {layer.renderer().type()}, not {expected}")


def draw(project, layers, picture, wrong):
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(1000, 500))
    extent = layers[0].extent()
    extent.scale(1.1)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    for error in job.errors():
        wrong.append(f"drawing {error.layerID}: {error.message}")
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    if len(colours) < 5:
        wrong.append(f"the picture has {len(colours)} colours only")
    if not image.save(str(picture)):
        wrong.append(f"cannot write {picture}")
    print(f"{picture}: {image.width()} x {image.height()}, {len(colours)} colours in a sample of its pixels")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    out, picture = Path(sys.argv[1]), Path(sys.argv[2])
    application = QgsApplication([], False)
    application.initQgis()
    wrong = []
    project = QgsProject.instance()
    if not project.read(str(out / "cocal.qgs")):
        wrong.append(f"cocal.qgs does not load: {project.error()}")
    check(project.mapLayers().values(), wrong)
    if not project.mapLayers():
        wrong.append("the project has no layers")
    shown = [layer for layer in project.layerTreeRoot().checkedLayers()]
    if len(shown) < 2:
        wrong.append(f"{len(shown)} layers show")
    draw(project, shown, picture, wrong)
    check_default_styles(out, wrong)
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    project.clear()
    application.exitQgis()
    sys.exit(1 if wrong else 0)


main()
