// The HTML around report data, as the program writes it: for development and tests of the page.
// node dev/html.mjs report.json report.html
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const dist = new URL("../dist/", import.meta.url);
const digest = (text) => createHash("sha256").update(text).digest("base64");
const ESCAPES = /[<>&\u2028\u2029]/g;

/** JSON that cannot end the script element that it stands in. */
export const embed = (json) => json.replace(ESCAPES, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

export function html(json) {
  const script = readFileSync(new URL("page.js", dist), "utf8");
  const style = readFileSync(new URL("page.css", dist), "utf8");
  const policy = `default-src 'none'; script-src 'sha256-${digest(script)}'; style-src 'sha256-${digest(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="es"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>cocal</title><style>${style}</style></head>
<body><main id="cocal"><h1>cocal</h1><p>…</p></main>
<script type="application/json" id="cocal-data">${embed(json)}</script><script>${script}</script></body></html>
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(process.argv[3], html(readFileSync(process.argv[2], "utf8")));
}
