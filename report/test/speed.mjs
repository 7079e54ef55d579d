// How fast a report is: first paint, frames a second while the map is dragged and zoomed, memory. A benchmark, not a test.
// node test/speed.mjs report.html
import { readdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { openProfile, ready } from "./browser.mjs";

const file = resolve(process.argv[2] ?? process.env.REPORT_HTML ?? "report.html");

/** Proportional set size of the processes of the browser with this profile, in MB (shared pages counted once), and the page's peak of resident memory. */
function memory(profile) {
  const status = (pid, name) => { try { return readFileSync(`/proc/${pid}/${name}`, "utf8"); } catch { return ""; } };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parent = new Map(pids.map((pid) => [pid, /^PPid:\s+(\d+)/m.exec(status(pid, "status"))?.[1]]));
  const roots = new Set(pids.filter((pid) => status(pid, "cmdline").includes(profile)));
  const ours = (pid) => pid !== undefined && (roots.has(pid) || ours(parent.get(pid)));
  const size = (pid) => Number(/^Pss:\s+(\d+)/m.exec(status(pid, "smaps_rollup"))?.[1] ?? 0) / 1024;
  const kind = (pid) => /--type=([a-z-]+)/.exec(status(pid, "cmdline"))?.[1] ?? "browser";
  const peak = (pid) => Number(/^VmHWM:\s+(\d+)/m.exec(status(pid, "status"))?.[1] ?? 0) / 1024;
  const sizes = pids.filter(ours).map((pid) => ({ kind: kind(pid), mb: Math.round(size(pid)), peak: Math.round(peak(pid)) }));
  const pages = sizes.filter((s) => s.kind === "renderer");
  return {
    page_mb: Math.max(0, ...pages.map((s) => s.mb)), page_peak_rss_mb: Math.max(0, ...pages.map((s) => s.peak)),
    all_mb: sizes.reduce((sum, s) => sum + s.mb, 0),
  };
}

/** Frames a second, and the longest gap between two frames in ms, while something is done. */
async function frames(page, work) {
  await page.evaluate(() => {
    const times = (window.cocalFrames = []);
    const tick = (time) => { times.push(time); window.cocalFrame = requestAnimationFrame(tick); };
    window.cocalFrame = requestAnimationFrame(tick);
  });
  await work();
  return page.evaluate(() => {
    cancelAnimationFrame(window.cocalFrame);
    const times = window.cocalFrames;
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    return { fps: Math.round((1000 * gaps.length) / (times.at(-1) - times[0])), longest_ms: Math.round(Math.max(...gaps)), frames: gaps.length };
  });
}

const { context, profile, close } = await openProfile();
const page = context.pages()[0] ?? (await context.newPage());
await page.waitForTimeout(500);
const blank = memory(profile);
const started = Date.now();
await page.goto("file://" + file);
await ready(page);
const complete = Date.now() - started;
const loaded = memory(profile);
const paint = await page.evaluate(() => Object.fromEntries(performance.getEntriesByType("paint").map((p) => [p.name, Math.round(p.startTime)])));
await page.locator(".map").scrollIntoViewIfNeeded();
await page.locator("#map-fit").click();
const box = await page.locator(".map").boundingBox();
const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
await page.mouse.click(x, y);
await page.waitForTimeout(500);

const drag = async () => {
  for (let round = 0; round < 3; round++) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let i = 0; i < 40; i++) {
      await page.mouse.move(x + 130 * Math.sin(i / 5), y + 90 * Math.sin(i / 7));
      await page.waitForTimeout(8);
    }
    await page.mouse.up();
    await page.waitForTimeout(120);
  }
};
const wheel = async () => {
  for (const step of [-120, 120, -120, 120]) for (let i = 0; i < 10; i++) {
    await page.mouse.wheel(0, step);
    await page.waitForTimeout(40);
  }
};
const hover = async () => {
  for (let i = 0; i < 80; i++) {
    await page.mouse.move(x + 200 * Math.sin(i / 6), y + 150 * Math.cos(i / 9));
    await page.waitForTimeout(12);
  }
};
const seen = [];
/** Memory between the steps: reading it while frames are counted would slow them. */
const note = () => seen.push(memory(profile).page_mb);
note();
const pan = await frames(page, drag);
note();
const zoom = await frames(page, wheel);
await page.locator("#map-fit").click();
note();
const pointing = await frames(page, hover);
/** From the choice to the next painted frame, in ms. */
const timed = (work) => page.evaluate(async (code) => {
  const start = performance.now();
  new Function(code)();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return Math.round(performance.now() - start);
}, work);
const choose = (id, value) => `const s = document.getElementById("${id}"); s.value = "${value}"; s.dispatchEvent(new Event("change", { bubbles: true }));`;
note();
const year = await timed(choose("year", "0"));
note();
const allYears = await timed(`document.getElementById("all-years").click()`);
const sort = await timed(`document.querySelector(".sort[data-column=name]").click()`);
note();
const cdp = await context.newCDPSession(page);
await cdp.send("HeapProfiler.collectGarbage");
const heap = await page.evaluate(() => Math.round(performance.memory.usedJSHeapSize / 1e6));
const sizes = memory(profile);
note();
await close();
const ms = (value) => `${value} ms`;
const fps = ({ fps: value, longest_ms: gap }) => `${value} frames a second (longest gap ${gap} ms)`;
console.log(JSON.stringify({
  // What `make bench-report` puts into the documentation: what, measured, goal.
  rows: [
    ["first contentful paint", ms(paint["first-contentful-paint"]), "2 s"], ["all of the page drawn", ms(complete), ""],
    ["map, dragged", fps(pan), "30"], ["map, zoomed", fps(zoom), "30"],
    ["another year", ms(year), ""], ["table of all years", ms(allYears), ""],
    ["memory of the page's process, the most that was seen (a blank page)", `${Math.max(...seen, loaded.page_mb)} MB (${blank.page_mb} MB)`, "300 MB"],
  ],
  file_mb: Math.round(statSync(file).size / 1e4) / 100, first_contentful_paint_ms: paint["first-contentful-paint"], complete_ms: complete,
  pan, zoom, pointing, change_year_ms: year, all_years_ms: allYears, sort_ms: sort, heap_after_gc_mb: heap, page_highest_seen_mb: Math.max(...seen, loaded.page_mb), memory_loaded: loaded, memory: sizes, memory_of_a_blank_page: blank,
}, null, 1));
