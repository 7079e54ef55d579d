// The model card: what is simple in it as facts, the held-out error matrix as a table, the rest as it was written.
import type { Text } from "./text";

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isPlain = (value: unknown): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value);

interface Matrix { classes: string[]; counts: number[][] }

/** An error matrix, where the model holds one. */
function matrixOf(value: unknown): Matrix | null {
  if (!isObject(value)) return null;
  const { classes, counts } = value;
  if (!Array.isArray(classes) || !Array.isArray(counts) || counts.length !== classes.length) return null;
  return counts.every((row) => Array.isArray(row) && row.length === classes.length) ? { classes: classes.map(String), counts: counts as number[][] } : null;
}

export function ModelCard({ model, text }: { model: unknown; text: Text }) {
  if (!isObject(model)) return <p class="note">{text.ui("model_none")}</p>;
  const held = isObject(model["held_out"]) ? model["held_out"] : null;
  const matrix = matrixOf(held);
  const facts = [model, held ?? {}].flatMap((of) => Object.entries(of).filter(([, value]) => isPlain(value)));
  return (
    <>
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name.replaceAll("_", " ")}</dt><dd>{String(value)}</dd></div>)}</dl>
      {matrix && (
        <div class="scroll" tabIndex={0} role="region" aria-label={text.ui("held_out")}>
          <table class="matrix">
            <caption>{text.ui("held_out")}</caption>
            <thead><tr><td />{matrix.classes.map((c) => <th key={c} scope="col">{c}</th>)}</tr></thead>
            <tbody>{matrix.counts.map((row, i) => <tr key={i}><th scope="row">{matrix.classes[i]}</th>{row.map((n, j) => <td key={j} class={i === j ? "number right" : "number"}>{n}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
      <details class="raw"><summary>{text.ui("model_all")}</summary><pre tabIndex={0} aria-label={text.ui("model_all")}>{JSON.stringify(model, null, 1)}</pre></details>
    </>
  );
}
