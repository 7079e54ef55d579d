"""Plans, tasks and merges: any split, any order, twice, in several folders, parts that are missing or of another plan."""

import json
import os
import shutil

import project as projects


def through_plan(bench, toml, name, ranges, expect=(0,), side="600", threads="2", faults=None):
    """The outputs of a plan whose tasks are done in these ranges; ``None`` where a step failed."""
    plan, parts, out = os.path.join(bench.root, name + ".json"), bench.folder(name + "-parts"), bench.folder(name)
    done = bench.call("plan", toml, "-o", plan, "--side", side, "--quiet", "--json", faults=faults)
    if done.returncode not in expect:
        print(done.stderr)
        return None
    last = json.loads(done.stdout)["tasks"] - 1
    for text in ranges:
        first, end = (min(int(n), last) for n in text.split("-"))
        command = ["task", plan, "--id", f"{first}-{end}", "-o", parts, "--quiet", "--threads", threads]
        done = bench.call(*command, faults=faults)
        if done.returncode not in expect:
            print(done.stderr)
            return None
    done = bench.call("merge", plan, parts, "-o", out, "--quiet", "--threads", threads, faults=faults)
    if done.returncode not in expect:
        print(done.stderr)
    return out if done.returncode in expect else None


def splits(bench, options):
    """Any split, order, number of threads and size of tasks gives the bytes of one run."""
    case = "plan: splits"
    for side, threads in [("512", "1"), ("600", "2"), ("1024", "2"), ("9000", "1")] + [("1500", "2")] * options.long:
        plan = os.path.join(bench.root, "split.json")
        done = bench.call("plan", bench.toml, "-o", plan, "--side", side, "--quiet", "--json")
        tasks = json.loads(done.stdout)["tasks"]
        numbered = [task["id"] for task in json.load(open(plan))["tasks"]] == list(range(tasks))
        bench.check(case, numbered, f"{side}: the numbers are not 0 to {tasks - 1}")
        ids = list(range(tasks))
        bench.random.shuffle(ids)
        folders = [bench.folder(f"split-parts-{number}") for number in range(3)]
        # In any order, into any folder, some twice into two.
        while ids:
            some = ids[: bench.random.randint(1, max(1, tasks // 4))]
            del ids[: len(some)]
            for folder in bench.random.sample(folders, bench.random.choice([1, 1, 2])):
                done = bench.call("task", plan, "--id", *map(str, some), "-o", folder, "--quiet", "--threads", threads)
                bench.check(case, done.returncode == 0, done.stderr)
        out, made = bench.folder("split"), [folder for folder in folders if os.path.isdir(folder)]
        done = bench.call("merge", plan, *made, "-o", out, "--quiet", "--threads", threads)
        bench.check(case, done.returncode == 0 and not bench.same(out), f"{side}: {done.stderr} {bench.same(out)}")
        # Over the outputs of a run, which are the same.
        done = bench.call("merge", plan, *reversed(made), "-o", out, "--quiet")
        bench.check(case, done.returncode == 0 and not bench.same(out), f"{side}, again: {done.stderr}")
    rules(bench)


def rules(bench):
    plan, parts = os.path.join(bench.root, "rules.json"), bench.folder("rules-parts")
    bench.call("plan", bench.small, "-o", plan, "--side", "512", "--quiet")
    tasks = len(json.load(open(plan))["tasks"])
    bench.call("task", plan, "--id", f"0-{tasks - 1}", "-o", parts, "--quiet")
    again = bench.call("task", plan, "--id", "0-3", "-o", parts, "--json", "--quiet")
    told = json.loads(again.stdout)
    bench.check("plan: a task twice", told["skipped"] == [0, 1, 2, 3] and not told["done"] and not again.returncode, str(told))
    two, out = bench.folder("two"), bench.folder("two-out")
    shutil.copytree(parts, two)
    for name in sorted(os.listdir(parts))[:3]:
        os.remove(os.path.join(parts, name))
    done = bench.call("merge", plan, parts, two, "-o", out, "--quiet")
    same = not bench.same(out, bench.small_truth)
    bench.check("plan: two folders", done.returncode == 0 and same, done.stderr)
    few = bench.folder("few")
    done = bench.call("merge", plan, parts, "-o", few, "--quiet")
    bench.clean_failure("plan: missing parts", done, few, bench.small_truth)
    bench.check("plan: missing parts", "0, 1, 2" in done.stderr, done.stderr)
    few = bench.folder("few")
    done = bench.call("merge", plan, parts, "-o", few, "--quiet", "--on-error", "continue")
    listed = json.load(open(os.path.join(few, "run.json")))["failures"] if os.path.isdir(few) else []
    bench.check("plan: merged without some", done.returncode == 1 and listed, done.stderr)
    # The folder of that is put right by a merge of all.
    done = bench.call("merge", plan, parts, two, "-o", few, "--quiet")
    bench.check("plan: merged without some", done.returncode == 0 and not bench.same(few, bench.small_truth), done.stderr)
    for wrong, code in (([str(tasks)], 2), (["7-3"], 2), (["-1"], 2), (["x"], 2), (["99999999999999999999"], 2)):
        done = bench.call("task", plan, "--id", *wrong, "-o", parts, "--quiet")
        bench.check("plan: no such task", done.returncode == code and "panicked" not in done.stderr, f"{wrong}: {done.stderr}")
    others(bench, plan, two)


def others(bench, plan, parts):
    """Parts of another plan, of another name, of a newer state of the inputs."""
    case, toml = "plan: parts of another plan", bench.copy_project("other", bench.small)
    projects.change(toml, ("unit_ha = 0.3", "unit_ha = 0.4"))
    other, mixed = os.path.join(bench.root, "other.json"), bench.folder("mixed")
    bench.call("plan", toml, "-o", other, "--side", "512", "--quiet")
    done = bench.call("merge", other, parts, "-o", mixed, "--quiet")
    bench.check(case, done.returncode == 1 and not os.path.exists(os.path.join(mixed, "run.json")), done.stderr)
    # Both plans' parts side by side: each plan takes its own.
    own = bench.folder("other-parts")
    tasks = len(json.load(open(other))["tasks"])
    bench.call("task", other, "--id", f"0-{tasks - 1}", "-o", own, "--quiet")
    for order in ([parts, own], [own, parts]):
        out = bench.folder("own")
        done = bench.call("merge", plan, *order, "-o", out, "--quiet")
        bench.check(case, done.returncode == 0 and not bench.same(out, bench.small_truth), done.stderr)
    renamed = bench.folder("renamed")
    shutil.copytree(parts, renamed)
    names = sorted(os.listdir(renamed))
    first, second = (os.path.join(renamed, name) for name in names[:2])
    os.replace(first, second)
    done = bench.call("merge", plan, renamed, "-o", bench.folder("mixed"), "--quiet")
    bench.check("plan: a part under another's name", done.returncode == 1, done.stderr)
    # Task into the folder where another plan's parts are: they are done anew, not taken.
    done = bench.call("task", other, "--id", f"0-{tasks - 1}", "-o", renamed, "--json", "--quiet")
    told = json.loads(done.stdout)
    bench.check(case, done.returncode == 0 and told["done"] == list(range(tasks)), str(told))
    same = {name: open(os.path.join(renamed, name), "rb").read() for name in names}
    bench.check(case, same == {name: open(os.path.join(own, name), "rb").read() for name in names}, "other parts")


def changed_after_the_plan(bench, options):
    """An input that changes, goes or comes back between plan and task, or between task and merge."""
    toml = bench.copy_project("later", bench.small)
    folder, plan = os.path.dirname(toml), os.path.join(bench.root, "later.json")
    bench.call("plan", toml, "-o", plan, "--side", "512", "--quiet")
    tasks = len(json.load(open(plan))["tasks"])
    truth = bench.digest(bench.undisturbed("later-truth", toml)[0])
    scene = bench.scenes(toml)[-1]
    for path in (scene, os.path.join(folder, "municipalities.geojson"), os.path.join(folder, "census.csv"), toml):
        kept = open(path, "rb").read()
        for change in ("other bytes", "gone"):
            name, parts, out = os.path.basename(path), bench.folder("later-parts"), bench.folder("later")
            case = f"plan: {'a scene' if path == scene else name} is {change} after it"
            os.remove(path) if change == "gone" else open(path, "ab").write(b"\n")
            done = bench.call("task", plan, "--id", f"0-{tasks - 1}", "-o", parts, "--quiet", "--json")
            bench.check(case, "panicked" not in done.stderr and done.returncode in (0, 1), done.stderr)
            if path == scene:
                told = json.loads(done.stdout)
                bench.check(case, done.returncode == 1 and told["failed"] and told["done"], f"{told} {done.stderr}")
                bench.check(case, all(name in failed["cause"] for failed in told["failed"]), str(told))
            merged = bench.call("merge", plan, parts, "-o", out, "--quiet")
            if path == toml:
                # The plan holds the settings: the file itself is not needed any more.
                bench.check(case, merged.returncode in (0, 1), merged.stderr)
            else:
                bench.clean_failure(case, merged, out, truth)
            open(path, "wb").write(kept)
            bench.call("task", plan, "--id", f"0-{tasks - 1}", "-o", parts, "--quiet")
            done = bench.call("merge", plan, parts, "-o", out, "--quiet")
            bench.check(case, done.returncode == 0 and not bench.same(out, truth), f"put back: {done.stderr} {bench.same(out, truth)}")


CASES = {"splits": splits, "changed after the plan": changed_after_the_plan}
