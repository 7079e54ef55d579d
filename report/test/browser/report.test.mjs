// A real browser opens the report and does what a reader does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, ready } from "../browser.mjs";
import { parseCsv } from "../csv.mjs";
import { data, geojson, html, inside, misshown, output, outputs, pixel, shots, visit, withData } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const report = data();
const rows = output("comparison.csv");
const last = report.years.at(-1);
let browser;
let page;
let wrong;

before(async () => {
  browser = await openBrowser();
  ({ page, wrong } = await visit(browser.context, html));
  await ready(page);
  // Whatever language the report was made in.
  await page.click("#language-es");
});
after(async () => {
  await browser.close();
});

const cells = (column) => page.$$eval(".places tbody tr", (trs, at) => trs.map((tr) => tr.children[at].querySelector(".figure")?.textContent ?? tr.children[at].textContent), column);
const columnOf = (name) => page.$$eval(".places thead .sort", (buttons, wanted) => buttons.findIndex((b) => b.dataset.column === wanted), name);
const say = (year, code, field) => rows.find((r) => r.year === String(year) && r.municipality_code === code)?.[field];
const chooseYear = (year) => page.selectOption("#year", { label: String(year) });

test("the page stands before any script runs", async () => {
  const bare = await browser.browser.newContext({ javaScriptEnabled: false });
  const still = await bare.newPage();
  await still.goto("file://" + html);
  assert.ok((await still.locator("main h1").textContent()).length > 0);
  await bare.close();
});

test("the policy is strict", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(readFileSync(html, "utf8"))?.[1] ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});

test("a click on the map picks the municipality that lies there", async () => {
  const features = geojson("municipalities.geojson").features;
  assert.ok(features.length > 0);
  for (const feature of features.slice(0, 3)) {
    const { municipality_code: code, municipality_name: name } = feature.properties;
    const [x, y] = await pixel(page, inside(feature.geometry));
    await page.mouse.move(x, y);
    await page.waitForSelector(".tip:not([hidden])");
    assert.ok((await page.locator(".tip").textContent()).startsWith(name));
    await page.mouse.click(x, y);
    const chosen = report.places.findIndex((p) => p.code === code);
    await page.waitForFunction((v) => document.getElementById("place").value === v, `place:${chosen}`);
    assert.equal(await page.locator("#answers-heading").textContent(), `${name}, ${last}`);
    assert.equal(await page.locator(".places tr.chosen .code").textContent(), code);
    assert.ok((await page.locator("#spoken").textContent()).includes(name));
  }
});

test("figures of the table are those of comparison.csv, in every year", async () => {
  await page.check("#all-columns");
  const fields = { mapped_ha: "mapped_area_ha", census_ha: "census_ha", change_ha: "change_ha", growth_pct: "growth_pct", observed_share: "observed_share", difference_ha: "difference_ha" };
  const signed = new Set(["change_ha", "growth_pct", "difference_ha"]);
  let checked = 0;
  for (const year of report.years) {
    await chooseYear(year);
    const codes = await cells(0);
    assert.equal(codes.length, Math.min(50, report.places.length));
    for (const [figure, field] of Object.entries(fields)) {
      const at = await columnOf(figure);
      if (at < 0) continue;
      const texts = await cells(at);
      codes.forEach((code, i) => {
        assert.equal(misshown(texts[i], figure, say(year, code, field), "es", signed.has(figure)), null, `${code} ${year} ${figure}`);
        checked++;
      });
    }
  }
  assert.ok(checked >= 3 * report.years.length, `only ${checked} figures were checked`);
  await page.uncheck("#all-columns");
});

test("estimates and their intervals are those of municipal_*.csv", async () => {
  const coca = rows[0].class;
  const estimates = outputs(/^municipal_\d{4}\.csv$/).filter((r) => r.class === coca && r.ci95_low_ha !== "");
  const at = await columnOf("estimate_ha");
  assert.ok(at > 0 && estimates.length > 0);
  let checked = 0;
  for (const year of report.years) {
    await chooseYear(year);
    for (const tr of await page.$$eval(".places tbody tr", (trs, i) => trs.map((t) => [t.children[0].textContent, t.children[i].querySelector(".figure").textContent, t.children[i].querySelector(".interval")?.textContent]), at)) {
      const [code, estimate, interval] = tr;
      if (!interval) continue;
      const known = estimates.filter((r) => r.municipality_code === code && r.year === String(year));
      const [low, high] = interval.split(" a ");
      const is = (text, value) => misshown(text, "ha", value, "es") === null;
      assert.ok(known.some((r) => is(estimate, r.adjusted_area_ha) && is(low, r.ci95_low_ha) && is(high, r.ci95_high_ha)), `${code} ${year}: ${estimate} (${interval})`);
      checked++;
    }
  }
  assert.ok(checked > 0, "no estimate was checked");
});

test("sorting says its order and orders by value, unknown last", async () => {
  await chooseYear(last);
  const at = await columnOf("census_ha");
  const head = page.locator(".places thead th").nth(at);
  await head.locator("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  const expected = report.places.map((p) => say(last, p.code, "census_ha")).sort((a, b) => (b === "" ? -1 : a === "" ? 1 : Number(b) - Number(a)));
  const texts = await cells(at);
  assert.equal(texts.length, Math.min(50, expected.length));
  texts.forEach((text, i) => assert.equal(misshown(text, "census_ha", expected[i], "es"), null));
  await head.locator("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  assert.equal(misshown((await cells(at))[0], "census_ha", [...expected].reverse().find((v) => v !== ""), "es"), null);
});

test("search, flag and range narrow the table; the download is what is shown", async () => {
  const wanted = report.places[0];
  await page.fill("#search", wanted.name.toUpperCase());
  await page.waitForFunction(() => document.querySelectorAll(".places tbody tr").length === 1);
  assert.deepEqual(await cells(0), [wanted.code]);
  await page.check("#all-years");
  await page.waitForFunction((n) => document.querySelectorAll(".places tbody tr").length === n, Math.min(50, report.years.length));
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download-shown")]);
  const text = readFileSync(await download.path(), "utf8");
  assert.equal(text.charCodeAt(0), 0xfeff);
  const saved = parseCsv(text);
  assert.equal(saved.length, report.years.length);
  for (const r of saved) {
    assert.equal(r.municipality_code, wanted.code);
    for (const [figure, field] of [["mapped_ha", "mapped_area_ha"], ["census_ha", "census_ha"], ["growth_pct", "growth_pct"]]) {
      if (figure in r) assert.equal(r[figure], say(r.year, wanted.code, field) === "" ? "" : String(Number(say(r.year, wanted.code, field))));
    }
  }
  await page.click(".filters button[type=reset]");
  await page.uncheck("#all-years");
  await page.selectOption("#flag-filter", "any");
  const flagged = rows.filter((r) => r.year === String(last) && r.flag !== "").length;
  await page.waitForFunction((n) => document.querySelectorAll(".places tbody tr").length === n, Math.min(50, flagged));
  await page.click(".filters button[type=reset]");
  await page.selectOption("#figure-filter", "census_ha");
  await page.fill("#minimum", "10");
  const large = rows.filter((r) => r.year === String(last) && r.census_ha !== "" && Number(r.census_ha) >= 10).length;
  await page.waitForFunction((n) => document.querySelectorAll(".places tbody tr").length === n, Math.min(50, large));
  await page.click(".filters button[type=reset]");
  const [all] = await Promise.all([page.waitForEvent("download"), page.click("#download-all")]);
  assert.equal(parseCsv(readFileSync(await all.path(), "utf8")).length, report.places.length * report.years.length);
});

test("the language switches words and numbers, and the page says so", async () => {
  const place = report.places.findIndex((p) => say(last, p.code, "census_ha") !== "");
  await page.selectOption("#place", `place:${place}`);
  const value = say(last, report.places[place].code, "census_ha");
  const figure = page.locator("#answer-census [data-figure=census_ha]");
  for (const language of ["en", "es"]) {
    await page.click("#language-" + language);
    await page.waitForFunction((l) => document.documentElement.lang === l, language);
    assert.equal(misshown(await figure.textContent(), "census_ha", value, language), null);
    assert.match(await page.locator("#answer-level h3").textContent(), language === "en" ? /How many hectares/ : /Cuántas hectáreas/);
  }
});

test("the year slider and the layers change the map", async () => {
  const options = await page.$$eval("#layer option", (all) => all.map((o) => o.value));
  assert.ok(options.includes("observed_share") && options.length >= 4, options.join());
  for (const layer of options) {
    await page.selectOption("#layer", layer);
    assert.ok((await page.locator(".legend li").count()) >= 4, layer);
  }
  if (report.years.length > 1) {
    await page.locator("#map-year").focus();
    await page.keyboard.press("Home");
    await page.waitForFunction((y) => document.getElementById("map-heading").textContent.includes(y), String(report.years[0]));
    await page.keyboard.press("End");
  }
  await page.selectOption("#layer", options[0]);
});

test("the keyboard moves the map", async () => {
  const map = page.locator(".map");
  const extent = () => map.getAttribute("data-extent");
  await map.focus();
  const start = await extent();
  await page.keyboard.press("+");
  await page.waitForFunction((e) => document.querySelector(".map").dataset.extent !== e, start);
  const closer = await extent();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((e) => document.querySelector(".map").dataset.extent !== e, closer);
  await page.click("#map-fit");
  await page.waitForFunction((e) => document.querySelector(".map").dataset.extent !== e, closer);
});

for (const language of ["es", "en"]) {
  test(`axe-core finds nothing serious, in ${language}`, async () => {
    await page.click("#language-" + language);
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
    // The page's policy forbids scripts in it: this one comes from outside, through the browser's debugger.
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "passes"] }));
    assert.ok(passes.length > 20, "axe looked at next to nothing");
    for (const v of violations) console.log(`axe ${v.impact}: ${v.id}, ${v.nodes.length} nodes, ${v.nodes[0].html.slice(0, 120)}`);
    assert.deepEqual(violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => v.id), []);
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = false; }));
  });
}

test("it prints: A4, the map on it, nothing lost afterwards", async () => {
  await page.click("#language-es");
  const pdf = await page.pdf({ path: join(shots, "print.pdf"), format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pdf.length > 30_000, `a PDF of ${pdf.length} bytes`);
  assert.ok(await page.$eval("canvas.map-sheet", (c) => c.width > 300 && c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)));
  assert.equal(await page.locator("#provenance details[open]").count(), 0);
});

test("screenshots", async () => {
  await page.selectOption("#place", report.totals.length > 0 ? "total:0" : "place:0");
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    for (const language of ["es", "en"]) {
      await page.click("#language-" + language);
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(shots, `${width}-${language}.png`), fullPage: true });
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `the page is wider than ${width}`);
  }
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(shots, "print.png"), fullPage: true });
  await page.emulateMedia({ media: "screen" });
});

test("nothing was said on the console and nothing was asked of the network", () => {
  assert.deepEqual(wrong, []);
});

test("names that are scripts or formulas stay text", async () => {
  const names = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", `<img src=x onerror=alert(2)>`];
  const path = withData(join(tmpdir(), `cocal-hostile-${process.pid}.html`), (r) => {
    names.forEach((name, i) => { if (r.places[i]) r.places[i].name = name; });
    r.title = "<b>title</b>";
    r.publication = { k: 5, cell_m: 1000, min_ha: null, lots_reason: `<img src=x onerror=alert(3)> "order"` };
    r.provenance.notes = ["</script><script>alert(4)</script>"];
    r.labels = { other_ha: "<i>other</i>" };
    r.figures.other_ha = r.flags.places.map(() => 1);
  });
  const hostile = await visit(browser.context, path);
  await ready(hostile.page);
  assert.ok((await hostile.page.locator("h1").textContent()).endsWith("<b>title</b>"));
  assert.match(await hostile.page.locator(".banner.lots").textContent(), /<img src=x onerror=alert\(3\)> "order"/);
  const texts = await hostile.page.$$eval(".places tbody th", (ths) => ths.map((th) => th.textContent));
  for (const name of names.slice(0, report.places.length)) assert.ok(texts.includes(name), name);
  assert.equal(await hostile.page.locator("main script, main img[src=x], main b, main i").count(), 0);
  await hostile.page.selectOption("#place", "place:0");
  assert.ok((await hostile.page.locator("#answers-heading").textContent()).startsWith(names[0]));
  const [download] = await Promise.all([hostile.page.waitForEvent("download"), hostile.page.click("#download-all")]);
  const saved = parseCsv(readFileSync(await download.path(), "utf8"));
  assert.equal(saved[0].municipality_name, names[0]);
  assert.ok(saved.some((r) => r.municipality_name === "'" + names[1]));
  await hostile.page.screenshot({ path: join(shots, "hostile.png"), fullPage: true });
  assert.deepEqual(hostile.wrong, []);
  await hostile.page.close();
});
