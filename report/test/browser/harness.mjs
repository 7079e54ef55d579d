// The report under test: REPORT_HTML is the page, REPORT_OUTDIR the folder of outputs that it was made from.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCsv } from "../csv.mjs";

const need = (name) => {
  const value = process.env[name];
  assert.ok(value && existsSync(value), `set ${name}: REPORT_HTML names the report, REPORT_OUTDIR the folder of outputs that it was made from`);
  return resolve(value);
};
export const html = need("REPORT_HTML");
const folder = need("REPORT_OUTDIR");
export const shots = fileURLToPath(new URL("../../screenshots/", import.meta.url));
mkdirSync(shots, { recursive: true });

export const output = (name) => parseCsv(readFileSync(join(folder, name), "utf8"));
export const outputs = (pattern) => readdirSync(folder).filter((name) => pattern.test(name)).flatMap(output);
export const geojson = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));

const EMBEDDED = /(<script type="application\/json" id="cocal-data">)([\s\S]*?)(<\/script>)/;

/** The data in the page. */
export const data = () => JSON.parse(EMBEDDED.exec(readFileSync(html, "utf8"))[2]);

/** The same page with other data, as another file. */
export function withData(path, change) {
  const page = readFileSync(html, "utf8");
  const other = data();
  change(other);
  const json = JSON.stringify(other).replace(/[<>&\u2028\u2029]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  writeFileSync(path, page.replace(EMBEDDED, (_, open, __, close) => open + json + close));
  return path;
}

/** Opens a file and notes what must not happen: words on the console, errors, requests, dialogs. */
export async function visit(context, path) {
  const page = await context.newPage();
  const wrong = [];
  const url = "file://" + path;
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(`console ${message.type()}: ${message.text()}`); });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== url && !/^(data|blob):/.test(request.url())) wrong.push(`request: ${request.url()}`); });
  await page.goto(url);
  return { page, wrong };
}

/** What is wrong with how a figure of a CSV is shown, `null` where nothing is: by reading the text back, not by the page's own code. */
export function misshown(text, name, value, language, signed = false) {
  if (value === "" || value === undefined) return text === (language === "es" ? "sin dato" : "no data") ? null : `${text} for what is unknown`;
  const number = Number(value) * (name.endsWith("share") ? 100 : 1);
  const [group, point] = language === "es" ? [".", ","] : [",", "."];
  const form = new RegExp(`^[+\u2212]?\\d{1,3}(\\${group}\\d{3})*(\\${point}(\\d+))?$`);
  const match = form.exec(text);
  const digits = name === "z" ? 2 : /pct|share/.test(name) ? 1 : Math.abs(number) >= 1000 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  if (!match || (match[3] ?? "").length !== digits) return `${text} is not ${number} with ${digits} decimals`;
  const back = Number(text.replaceAll(group, "").replace(point, ".").replace("\u2212", "-"));
  if (Math.abs(back - number) > 0.5 * 10 ** -digits + 1e-9) return `${text} is not ${number}`;
  if (text.startsWith("+") !== (signed && back > 0)) return `${text}: wrong sign`;
  return null;
}

/** A point inside a polygon, by the middle of the longest stretch of a line across it. */
export function inside(geometry) {
  const rings = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
  const ys = rings.flat().map(([, y]) => y);
  let best = { length: 0 };
  for (const share of [0.3, 0.42, 0.5, 0.61, 0.7]) {
    const y = Math.min(...ys) + share * (Math.max(...ys) - Math.min(...ys)) + 1e-9;
    const cuts = rings.flatMap((ring) => ring.slice(1).flatMap(([x2, y2], i) => {
      const [x1, y1] = ring[i];
      return (y1 > y) === (y2 > y) ? [] : [x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)];
    })).sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 2) if (cuts[i + 1] - cuts[i] > best.length) best = { length: cuts[i + 1] - cuts[i], x: (cuts[i] + cuts[i + 1]) / 2, y };
  }
  return [best.x, best.y];
}

/** Where a longitude and latitude stand on the screen: the map says its extent in EPSG:3857 in `data-extent`. */
export async function pixel(page, [lon, lat]) {
  const map = page.locator(".map");
  await map.scrollIntoViewIfNeeded();
  const box = await map.boundingBox();
  const [w, s, e, n] = (await map.getAttribute("data-extent")).split(" ").map(Number);
  const x = (lon * 20037508.342789244) / 180;
  const y = (Math.log(Math.tan(((90 + lat) * Math.PI) / 360)) * 20037508.342789244) / Math.PI;
  const [border, inner] = [1, 2];
  return [box.x + border + ((x - w) / (e - w)) * (box.width - inner), box.y + border + ((n - y) / (n - s)) * (box.height - inner)];
}
