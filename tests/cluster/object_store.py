#!/usr/bin/env python3
"""The sample's tiles on an object store: a server on this machine that speaks S3 (moto), read through /vsis3/. A server that the project does not name is
refused; the hectares and rasters of a run, and those of a plan, its tasks and the merge, are those of the local files; a task notices an object
that was put in the place of another after the plan was made.

    object_store.py [--cocal PATH] [--work DIR]

Run it with a Python that has moto (scripts/test_cluster.sh makes one).
"""

import os
import re
import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from common import SAMPLE, Failed, Processes, call, main, must, until

BUCKET = "tiles"


class Store:
    """A bucket on a server that lives as long as this test."""

    def __init__(self, processes):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{held.getsockname()[1]}"
        words = ["-H", "127.0.0.1", "-p", self.address.partition(":")[2]]
        processes.start("moto", Path(sys.executable).parent / "moto_server", *words)
        until("an answer of the store", self.answers, 60)
        # GDAL and boto read the same names; nothing of the user's own settings is to be used.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment |= {
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1",
            "AWS_S3_ENDPOINT": self.address, "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE",
        }  # fmt: skip

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/", timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def put(self, files):
        """Puts files into the bucket under their names."""
        import boto3

        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=f"http://{self.address}", **keys)
        client.create_bucket(Bucket=BUCKET)
        for name, path in files.items():
            client.upload_file(str(path), BUCKET, name)


def write_project(folder, scenes, hosts):
    """The sample's project with other scenes; tables lie where they were."""
    text = (SAMPLE / "cocal.toml").read_text()
    entries = "".join(f'[[scenes]]\npath = "{scene}"\n\n' for scene in scenes)
    text = re.sub(r"(?m)^\[\[scenes\]\](.|\n)*?\n\n", entries, text, count=1)
    for name in set(re.findall(r'"([a-z0-9_]+\.(?:csv|geojson))"', text)):
        text = text.replace(f'"{name}"', f'"{SAMPLE / name}"')
    text += f'\n[network]\nhosts = ["{hosts}"]\n' if hosts else ""
    path = folder / "cocal.toml"
    folder.mkdir(parents=True)
    path.write_text(text)
    return path


def same_figures(one, other):
    """Number of files of figures, and of rasters, which must have the same bytes. Other files name the scenes."""
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.suffix in (".csv", ".tif") and ".cocal" not in p.parts)
    must(len(names) >= 12, f"{one} has only {names}")
    for name in names:
        must((other / name).is_file() and (one / name).read_bytes() == (other / name).read_bytes(), f"{name} of {one} and {other} differs")
    return len(names)


def test(given):
    base = given.work / "store"
    shutil.rmtree(base, ignore_errors=True)
    tiles = sorted((SAMPLE / "tiles").glob("*.tif"))
    with Processes(base / "logs") as processes:
        try:
            store = Store(processes)
            store.put({tile.name: tile for tile in tiles})
            return checks(given, base, store, tiles)
        except Failed as failure:
            raise Failed(f"{failure}\n(logs: {processes.logs})") from None


def checks(given, base, store, tiles):
    remote = [f"/vsis3/{BUCKET}/{tile.name}" for tile in tiles]

    def cocal(*words, code=0):
        return call(given.cocal, *words, "--quiet", code=code, env=store.environment)

    cocal("run", write_project(base / "local", tiles, None), "--out", base / "out_local")
    refused = write_project(base / "unnamed", remote, None)
    cocal("run", refused, "--out", base / "out_unnamed", code=1)
    must(not (base / "out_unnamed" / "hectares.csv").exists(), "a server that the project does not name was read")
    project = write_project(base / "remote", remote, store.address)
    cocal("run", project, "--out", base / "out_run")
    files = same_figures(base / "out_local", base / "out_run")
    plan, parts = base / "plan.json", base / "parts"
    cocal("plan", project, "-o", plan, "--side", "100")
    last = plan.read_text().count('"key"') - 1
    cocal("task", plan, "--id", f"0-{last}", "-o", parts)
    cocal("merge", plan, parts, "-o", base / "out_merged")
    same_figures(base / "out_local", base / "out_merged")
    store.put({tiles[0].name: tiles[1]})
    cocal("task", plan, "--id", f"0-{last}", "-o", base / "parts_changed", code=1)
    left = len(list((base / "parts_changed").glob("*.part")))
    must(left < last + 1, "no task noticed that an object is another one")
    return f"object store: {len(remote)} objects read through /vsis3/, {files} files of figures and rasters as of local files, by a run and by {last + 1} tasks; an object that changed was noticed"


if __name__ == "__main__":
    main(test, __doc__)
