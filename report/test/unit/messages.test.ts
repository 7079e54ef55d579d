import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import en from "../../messages/en.json";
import es from "../../messages/es.json";
import { FIGURES, TOTAL_FIGURES } from "../../src/data";
import { Text } from "../../src/text";
import { report } from "./sample";

const languages: Record<string, Record<string, string>> = { es, en };
const placeholders = (message: string) => [...message.matchAll(/\{[^}]*\}/g)].map(([whole]) => whole).sort();

test("both languages have the same keys and placeholders", () => {
  assert.ok(Object.keys(es).length > 200);
  assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
  for (const [key, message] of Object.entries(languages["es"]!)) {
    assert.ok(message.trim() !== "" && languages["en"]![key]!.trim() !== "", key);
    assert.deepEqual([...new Set(placeholders(message))], [...new Set(placeholders(languages["en"]![key]!))], key);
  }
});

test("placeholders of sentences are figures or words that the page fills", () => {
  const known = new Set([...FIGURES, ...TOTAL_FIGURES, "place", "year", "previous_year"]);
  const sentences = Object.entries(languages["es"]!).filter(([key]) => key.startsWith("sentence."));
  assert.ok(sentences.length >= 30);
  for (const [key, message] of sentences) for (const p of placeholders(message)) {
    const name = /^\{(?:\+?([a-z0-9_]+)|\|([a-z0-9_]+)\|)\}$/.exec(p);
    assert.ok(name && known.has(name[1] ?? name[2] ?? ""), `${key}: ${p}`);
  }
});

test("every figure has a name", () => {
  for (const name of FIGURES) assert.ok("figure." + name in es, name);
});

test("every word that the source asks for is there, and none is left over", () => {
  const root = join(process.cwd(), "src");
  const source = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((f) => /\.tsx?$/.test(f)).map((f) => readFileSync(join(root, f), "utf8")).join("\n");
  const asked = [...source.matchAll(/\.ui\("([a-z0-9_]+)"/g)].map(([, key]) => key!).filter((key) => !key.endsWith("_"));
  assert.ok(asked.length > 80);
  for (const key of asked) assert.ok("ui." + key in es, key);
  const made = /^ui\.(layer_help_|legend_|winner_|check_)/;
  for (const key of Object.keys(es)) {
    if (!key.startsWith("ui.") || made.test(key)) continue;
    assert.ok(source.includes(`"${key.slice(3)}"`), `${key} is used nowhere`);
  }
});

test("sentences are filled with the figures of the place and year", () => {
  const at = { kind: "place", index: 0 } as const;
  const spanish = new Text("es");
  assert.match(spanish.sentence("level_interval", report, at, 1), /^2,00\u00a0ha.*Nariño.*2024.*1,00 a 3,00\u00a0ha/);
  assert.match(spanish.sentence("census_above", report, at, 1), /sin dato ha.* \u22121,23 errores/);
  assert.match(new Text("en").sentence("level_mapped_only", report, { kind: "total", index: 0 }, 1), /8,840\u00a0ha.*all municipalities together in 2024/);
  assert.match(spanish.sentence("estimate_change_no_unit", report, at, 1), /^Frente a 2022 /);
  assert.equal(spanish.place(report, { kind: "total", index: 0 }), "Todos los municipios");
  assert.equal(spanish.place(report, { kind: "total", index: 1 }), "Antioquia");
});
