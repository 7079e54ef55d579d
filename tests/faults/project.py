"""Synthetic projects of two years: scenes of the simulator, a model of their own, censuses."""

import os
import shutil
import subprocess


def make(binary, simulate, folder, shape, dates):
    """A project of (rows, cols, block) pixels with so many scenes in 2023 and in 2024. Its model is trained beforehand, so that
    kills do not all fall into the training."""
    path = scenes_and_records(simulate, folder, shape, dates)
    model, samples = os.path.join(folder, "model.cocal"), os.path.join(folder, "training.geojson")
    command = [binary, "train", "--project", path, "--samples", samples, "--class-field", "class", "--quiet", "-o", model]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    change(path, ('samples = "training.geojson"', 'model = "model.cocal"'), ('class_field = "class"\n', ""))
    return path


def make_small(binary, simulate, folder):
    """A project of some windows that trains its model and writes every format."""
    path = scenes_and_records(simulate, folder, (540, 600, 128), (1, 1))
    formats = '[output]\nformats = ["geojson", "gpkg", "geoparquet", "flatgeobuf", "csv"]\n'
    change(path, ("seed = 7", 'seed = 7\nkind = "forest"\ntrees = 10\nfolds = 2'), ("[validity]", formats + "[validity]"))
    return path


def scenes_and_records(simulate, folder, shape, dates):
    rows, cols, block = (str(number) for number in shape)
    tiles = os.path.join(folder, "tiles")
    os.makedirs(tiles)
    for year, seed, number in ((2023, 12, dates[0]), (2024, 11, dates[1])):
        made = os.path.join(folder, "made")
        command = [simulate, "tile", "--rows", rows, "--cols", cols, "--block", block, "--dates", str(number)]
        subprocess.run([*command, "--municipalities", "12", "--seed", str(seed), "-o", made], check=True, capture_output=True)
        for name in os.listdir(os.path.join(made, "tiles")):
            path = os.path.join(tiles, name.replace("_2024", f"_{year}"))
            shutil.move(os.path.join(made, "tiles", name), path)
            redate(path, year)
        os.rmdir(os.path.join(made, "tiles"))
        for name in os.listdir(made):
            shutil.move(os.path.join(made, name), os.path.join(folder, name))
        os.rmdir(made)
    path = os.path.join(folder, "cocal.toml")
    change(path, ("minimum_mapping_unit_ha = 0.1", "minimum_mapping_unit_ha = 0.3"), ("census = [2024]", "census = [2023, 2024]"))
    with open(path, "a") as file:
        file.write("\n[validity]\ndilation_m = 40\n")
    return path


def redate(path, year):
    """The simulator's scenes are all of 2024; what counts is the date in the file's tag."""
    content = open(path, "rb").read()
    assert content.count(b"2024:") == 1, path
    open(path, "wb").write(content.replace(b"2024:", f"{year}:".encode()))


def change(path, *changes):
    """Puts other words into a file; the old ones must be there."""
    text = open(path).read()
    for old, new in changes:
        assert old in text, f"'{old}' is not in: {text}"
        text = text.replace(old, new)
    open(path, "w").write(text)


def name_scenes(path):
    """Names every scene by itself in the project file: what a pattern does not find is not missing."""
    tiles = os.path.join(os.path.dirname(path), "tiles")
    names = sorted(name for name in os.listdir(tiles) if name.endswith(".tif"))
    text = open(path).read()
    start, end = text.index("[[scenes]]"), text.index("[classifier]")
    entries = "".join(f'[[scenes]]\npath = "tiles/{name}"\n' for name in names)
    open(path, "w").write(text[:start] + entries + "\n" + text[end:])
    return names
