// The committed bundle is what this source and this lock file give, byte by byte.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("a build gives the committed bytes", () => {
  const out = mkdtempSync(join(tmpdir(), "cocal-dist-"));
  const run = spawnSync(process.execPath, [join(root, "build.mjs"), out], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  for (const name of ["page.js", "page.css", "LICENSES.txt"]) {
    const [built, committed] = [out, join(root, "dist")].map((folder) => readFileSync(join(folder, name)));
    assert.ok(built.length > 1000, `${name} is empty`);
    assert.ok(built.equals(committed), `dist/${name} is not what the source gives: npm run build`);
  }
  rmSync(out, { recursive: true });
});

test("the bundle is small, classic, and asks nothing of the network", () => {
  const script = readFileSync(join(root, "dist/page.js"), "utf8");
  assert.ok(statSync(join(root, "dist/page.js")).size < 700_000);
  for (const banned of ["</script", "<!--", "fetch(", "XMLHttpRequest", "WebSocket(", "new Worker", "importScripts", "eval(", "sendBeacon", "dangerouslySetInnerHTML=", "document.write"]) {
    assert.ok(!script.includes(banned), `page.js holds ${banned}`);
  }
  assert.doesNotMatch(readFileSync(join(root, "dist/page.css"), "utf8"), /url\(|@import|<\/style/);
});
