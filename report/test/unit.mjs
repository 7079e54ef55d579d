// Bundles each unit test and runs it with node:test.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "unit");
const out = mkdtempSync(join(tmpdir(), "cocal-report-"));
const names = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: names.map((name) => join(folder, name)), outdir: out, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node",
  format: "esm", jsx: "automatic", jsxImportSource: "preact", logLevel: "warning",
});
const tests = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--test", ...tests, join(folder, "reproducible.test.mjs")], { stdio: "inherit" });
rmSync(out, { recursive: true, force: true });
process.exit(status ?? 1);
