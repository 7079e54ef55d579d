"""Journals, parts and plans whose bytes were changed: refused or done again, never other figures, never a panic."""

import json
import os
import struct


def journal(bench, options):
    """Ends cut off at any length, bits flipped, lengths that lie."""
    case, out = "tampered: journal", bench.folder("tampered")
    bench.run("--out", out, project=bench.small)
    path = os.path.join(out, ".cocal", "journal")
    whole, reused = open(path, "rb").read(), []
    for turn in range(400 if options.long else 24):
        open(path, "wb").write(changed(bench, whole, turn))
        done = bench.run("--out", out, "--resume", "--json", project=bench.small)
        differ = bench.same(out, bench.small_truth)
        if bench.check(case, done.returncode == 0 and not differ, f"{turn}: {done.stderr} {differ}"):
            reused.append(json.loads(done.stdout)["watched"]["reused"])
    bench.check(case, any(0 < number < 8 for number in reused), f"every time all or nothing was taken up: {reused}")
    # Entries of one run with the keys of others, check sums and all: the journal of another project.
    open(path, "wb").write(open(os.path.join(bench.reference, ".cocal", "journal"), "rb").read())
    done = bench.run("--out", out, "--resume", project=bench.small)
    bench.check(case, done.returncode == 0 and not bench.same(out, bench.small_truth), f"of another project: {done.stderr}")
    os.remove(path)
    os.mkdir(path)
    bench.clean_failure("tampered: a folder in the journal's place", bench.run("--out", out, "--fresh", project=bench.small), out,
                        bench.small_truth, bench.small_truth)
    print(f"tampered journals: {len(reused)}; windows taken up: {reused[:40]}")


def changed(bench, whole, turn):
    draw, data = bench.random, bytearray(whole)
    if turn % 3 == 0:
        # Ends: at any length, and close to where entries and the head end.
        return data[: draw.choice([draw.randrange(len(data)), draw.randrange(80), len(data) - draw.randrange(1, 80)])]
    for _ in range(draw.choice([1, 1, 3, 50])):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    if turn % 3 == 2:
        at = draw.choice([16, draw.randrange(len(data) - 4)])
        data[at:at + 4] = struct.pack("<I", draw.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(data)]))
    if turn % 6 == 5:
        data[draw.randrange(len(data)):0] = bytes(draw.randrange(4096))
    return data


def parts(bench, options):
    """A changed part is none: merge refuses, the task does it anew to the same bytes."""
    case, plan, folder = "tampered: part", os.path.join(bench.root, "tampered.json"), bench.folder("tampered-parts")
    bench.call("plan", bench.small, "-o", plan, "--side", "512", "--quiet")
    tasks = len(json.load(open(plan))["tasks"])
    bench.call("task", plan, "--id", f"0-{tasks - 1}", "-o", folder, "--quiet")
    for turn in range(150 if options.long else 12):
        number = bench.random.randrange(tasks)
        path = os.path.join(folder, f"task-{number:09}.part")
        whole = open(path, "rb").read()
        open(path, "wb").write(changed(bench, whole, turn))
        out = bench.folder("tampered-out")
        done = bench.call("merge", plan, folder, "-o", out, "--quiet")
        bench.clean_failure(case, done, out, bench.small_truth)
        bench.check(case, str(number) in done.stderr, f"task {number} is not named: {done.stderr}")
        again = bench.call("task", plan, "--id", str(number), "-o", folder, "--quiet")
        bench.check(case, again.returncode == 0 and open(path, "rb").read() == whole, again.stderr)
    done = bench.call("merge", plan, folder, "-o", out, "--quiet")
    bench.check(case, done.returncode == 0 and not bench.same(out, bench.small_truth), done.stderr)


def plan_files(bench, options):
    """A changed plan is refused, or does what it says: never a panic, and never another plan's parts."""
    case, plan, folder = "tampered: plan", os.path.join(bench.root, "tampered.json"), os.path.join(bench.root, "tampered-parts")
    text, refused = open(plan, "rb").read(), 0
    bad, names = os.path.join(bench.root, "bad.json"), sorted(os.listdir(folder))
    whole = {name: open(os.path.join(folder, name), "rb").read() for name in names}
    for turn in range(500 if options.long else 40):
        data = bytearray(text)
        if turn % 5 == 0:
            data = data[: bench.random.randrange(len(data))]
        for _ in range(bench.random.choice([1, 1, 5])):
            if data:
                data[bench.random.randrange(len(data))] = bench.random.choice(b'0123456789{}[]",:-e.ax\x00\xff')
        open(bad, "wb").write(data)
        refused += plan_is_harmless(bench, (case, bad, folder), whole)
    numbers = changed_numbers(bench, json.loads(text), 300 if options.long else 30)
    for told, content in numbers:
        json.dump(content, open(bad, "w"))
        refused += plan_is_harmless(bench, (f"{case}, a number", bad, folder), whole, told)
    print(f"tampered plans: {refused} refused")


def changed_numbers(bench, plan, times):
    """Plans that are whole JSON with one number that is another."""
    for _ in range(times):
        copy = json.loads(json.dumps({key: value for key, value in plan.items()}))
        places = list(numbers_in(copy, ""))
        place, holder, key = bench.random.choice(places)
        holder[key] = bench.random.choice([0, -1, 1, holder[key] + 1, 2**31, 2**63, 1e300, 513, holder[key] * 2])
        yield f"{place} = {holder[key]}", copy


def numbers_in(value, place):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(inner, (int, float)) and not isinstance(inner, bool):
            yield f"{place}/{key}", value, key
        else:
            yield from numbers_in(inner, f"{place}/{key}")


def plan_is_harmless(bench, where, whole, told=""):
    """Whether a plan is refused. Where it is not, parts of the right plan stay, and what merge gives is the right thing."""
    case, plan, folder = where
    done = bench.call("task", plan, "--id", "0", "-o", folder, "--quiet", timeout=60)
    words = done.returncode in (0, 1, 2) and "panicked" not in done.stderr
    bench.check(case, words and (done.returncode == 0 or "error:" in done.stderr), f"{told}: task: {done.returncode} {done.stderr}")
    out = bench.folder("bad-out")
    merged = bench.call("merge", plan, folder, "-o", out, "--quiet", timeout=60)
    words = merged.returncode in (0, 1, 2) and "panicked" not in merged.stderr
    bench.check(case, words, f"{told}: merge: {merged.returncode} {merged.stderr}")
    figures = ("hectares.csv", "mask/")
    if merged.returncode == 0:
        found = {name: content for name, content in bench.digest(out).items() if name.startswith(figures) and name.endswith((".csv", ".tif"))}
        differ = [name for name, content in found.items() if content != bench.small_truth.get(name)]
        bench.check(case, not differ, f"{told}: other figures without a word: {differ}")
    for name, content in whole.items():
        open(os.path.join(folder, name), "wb").write(content)
    return done.returncode != 0


def all_plans(bench, options):
    """Parts, then the plan that they are of."""
    parts(bench, options)
    plan_files(bench, options)


CASES = {"tampered journal": journal, "tampered parts and plans": all_plans}
