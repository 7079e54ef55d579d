// Where the figures come from, and how anybody can check them.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Report } from "./data";
import { ModelCard } from "./ModelCard";
import type { Text } from "./text";

interface Props { report: Report; text: Text }

export function Provenance({ report, text }: Props) {
  const p = report.data.provenance;
  useEffect(openForPrint, []);
  return (
    <section id="provenance" class="section" aria-labelledby="provenance-heading">
      <h2 id="provenance-heading">{text.ui("provenance")}</h2>
      <p class="hint">{text.ui("provenance_intro")}</p>
      {!p.recorded && <p class="note">{text.ui("not_recorded")}</p>}
      <dl class="facts">
        <div><dt>{text.ui("program")}</dt><dd>{p.program}</dd></div>
        {p.gdal && <div><dt>{text.ui("gdal")}</dt><dd>{p.gdal}</dd></div>}
      </dl>
      {p.assumptions.length > 0 && <><h3>{text.ui("assumptions")}</h3><ul class="lines">{p.assumptions.map((a) => <li key={a.key}>{text.of("assumption." + a.key, { value_pct: text.figure("value_pct", a.value_pct) })}</li>)}</ul></>}
      <h3>{text.ui("check")}</h3>
      <ul class="lines">{["check_digest", "check_again", "check_csv", "check_offline"].map((key) => <li key={key}>{text.ui(key)}</li>)}</ul>
      <Fold title={text.ui("inputs", { count: p.inputs.length })}>
        <List head={[text.ui("role"), text.ui("file"), text.ui("digest")]} label={text.ui("inputs", { count: p.inputs.length })}
          rows={p.inputs.map((f) => [f.role ?? "", f.name, <Digest key="d" value={f.sha256} text={text} />])} />
      </Fold>
      <Fold title={text.ui("outputs", { count: p.outputs.length })}>
        <List head={[text.ui("file"), text.ui("digest")]} label={text.ui("outputs", { count: p.outputs.length })}
          rows={p.outputs.map((f) => [f.name, <Digest key="d" value={f.sha256} text={text} />])} />
      </Fold>
      {p.scenes.length > 0 && (
        <Fold title={text.ui("scenes", { count: p.scenes.length })}>
          <List head={[text.ui("file"), text.ui("sensor"), text.ui("date")]} label={text.ui("scenes", { count: p.scenes.length })}
            rows={p.scenes.map((s) => [s.name, s.sensor ?? "", s.date ?? ""])} />
        </Fold>
      )}
      <Fold title={text.ui("model")}><ModelCard model={p.model} text={text} /></Fold>
      <Fold title={text.ui("settings")}><pre tabIndex={0} aria-label={text.ui("settings")}>{JSON.stringify(p.settings, null, 2)}</pre></Fold>
      {p.notes.length > 0 && (
        <Fold title={text.ui("notes", { count: p.notes.length })}>
          <p class="hint">{text.ui("notes_language")}</p>
          <ul class="lines" lang="en">{p.notes.map((note, i) => <li key={i}>{note}</li>)}</ul>
        </Fold>
      )}
    </section>
  );
}

/** On paper everything is open but the raw data; afterwards what was closed closes again. */
function openForPrint(): () => void {
  let opened: HTMLDetailsElement[] = [];
  const open = () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("#provenance details:not([open]):not(.raw)")];
    for (const fold of opened) fold.open = true;
  };
  const close = () => { for (const fold of opened) fold.open = false; };
  window.addEventListener("beforeprint", open);
  window.addEventListener("afterprint", close);
  return () => {
    window.removeEventListener("beforeprint", open);
    window.removeEventListener("afterprint", close);
  };
}

export function Fold({ title, children }: { title: string; children: ComponentChildren }) {
  return <details class="fold"><summary><h3>{title}</h3></summary>{children}</details>;
}

function List({ head, rows, label }: { head: string[]; rows: ComponentChildren[][]; label: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="files">
        <thead><tr>{head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Digest({ value, text }: { value: string | null; text: Text }) {
  if (value === null) return <span class="unknown">{text.ui("digest_none")}</span>;
  return (
    <details class="digest">
      <summary><code class="brief">{value.slice(0, 12)}…</code></summary>
      <code>{value}</code>
    </details>
  );
}
