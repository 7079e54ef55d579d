// Builds dist/page.js, dist/page.css and dist/LICENSES.txt: the same bytes from the same lock file.
// node build.mjs [FOLDER]: into another folder, for the test of that.
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(root, "dist");

/** The map library can load features from a URL; the page never does, and holds no code for it. */
const noLoader = {
  name: "no-loader",
  setup: ({ onResolve }) => onResolve({ filter: /\/featureloader\.js$/ }, () => ({ path: join(root, "src/map/no-loader.ts") })),
};
const common = { absWorkingDir: root, bundle: true, minify: true, legalComments: "none", charset: "utf8", write: false, metafile: true, logLevel: "warning" };
const script = await build({
  ...common, entryPoints: ["src/main.tsx"], format: "iife", plugins: [noLoader], target: "es2020", jsx: "automatic", jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
});
const style = await build({ ...common, entryPoints: ["src/css/page.css"], target: ["chrome100", "firefox100", "safari15"] });

const js = script.outputFiles[0].text;
const css = style.outputFiles[0].text;
if (/<\/script|<!--/i.test(js)) throw new Error("page.js holds a text that ends a script element");
if (/<\/style/i.test(css)) throw new Error("page.css holds a text that ends a style element");

/** Packages whose files are in the bundle, with their licences. */
function licences(inputs) {
  const names = new Set(Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).sort().find((f) => /^(licen[sc]e|copying)/i.test(f));
    if (!file || !existsSync(join(folder, file))) throw new Error(`${name} has no licence file`);
    const text = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
}

mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "page.js"), js);
writeFileSync(join(dist, "page.css"), css);
const rule = "\n" + "-".repeat(80) + "\n\n";
writeFileSync(join(dist, "LICENSES.txt"), "What page.js bundles, with its licences.\n" + rule + licences(script.metafile.inputs).join(rule));
console.log(`page.js ${js.length} characters, page.css ${css.length}`);
