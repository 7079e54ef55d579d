// What the charts share: the frame with its title, words and numbers, and the axes.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Text } from "../text";
import { short } from "../format";

export interface Box { width: number; height: number; left: number; right: number; top: number; bottom: number }

export const HEIGHT = 290;

export const box = (width: number, height = HEIGHT): Box => ({ width, height, left: 62, right: width - 12, top: 24, bottom: height - 40 });

/** The width on the page of the element with the ref. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(520);
  useEffect(() => {
    if (!ref.current) return undefined;
    const seen = new ResizeObserver(([entry]) => entry && entry.contentRect.width > 0 && setWidth(Math.round(entry.contentRect.width)));
    seen.observe(ref.current);
    return () => seen.disconnect();
  }, []);
  return { ref, width };
}

export interface Series { name: string; mark: "line" | "point" | "hollow" | "square" | "bar" | "bar2" | "equal" }
export interface Numbers { head: string[]; rows: string[][] }

interface FrameProps {
  id: string; title: string; desc: string; none: string | null; text: Text; series: Series[]; numbers: Numbers;
  note?: string | null; height?: number; draw(box: Box): ComponentChildren; children?: ComponentChildren;
}

export function Frame({ id, title, desc, none, text, series, numbers, note, height, draw, children }: FrameProps) {
  const { ref, width } = useWidth();
  const at = box(width, height);
  return (
    <figure class="chart" id={id}>
      <h3>{title}</h3>
      {none !== null ? <p class="note">{none}</p> : (
        <>
          <ul class="series">{series.map((s) => <li key={s.name}><Mark mark={s.mark} />{s.name}</li>)}</ul>
          <div ref={ref} class="drawing">
            <svg viewBox={`0 0 ${at.width} ${at.height}`} width={at.width} height={at.height} role="img" aria-labelledby={`${id}-title ${id}-desc`}>
              <title id={`${id}-title`}>{title}</title>
              <desc id={`${id}-desc`}>{desc}</desc>
              {draw(at)}
            </svg>
          </div>
          <figcaption class="hint">{desc}</figcaption>
          {note && <p class="hint">{note}</p>}
          {children}
          <details class="numbers">
            <summary>{text.ui("chart_numbers")}<span class="hidden">: {title}</span></summary>
            <div class="scroll" tabIndex={0} role="region" aria-label={title}>
              <table>
                <thead><tr>{numbers.head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
                <tbody>{numbers.rows.map((row, i) => <tr key={i}>{row.map((cell, j) => (j === 0 ? <th key={j} scope="row">{cell}</th> : <td key={j}>{cell}</td>))}</tr>)}</tbody>
              </table>
            </div>
          </details>
        </>
      )}
    </figure>
  );
}

function Mark({ mark }: { mark: Series["mark"] }) {
  return (
    <svg width={22} height={14} aria-hidden="true">
      {mark === "line" && <><line x1={0} x2={22} y1={7} y2={7} class="census-line" /><circle cx={11} cy={7} r={3} class="census-dot" /></>}
      {mark === "point" && <><line x1={11} x2={11} y1={0} y2={14} class="whisker" /><circle cx={11} cy={7} r={4} class="estimate-dot" /></>}
      {mark === "hollow" && <circle cx={11} cy={7} r={4} class="mapped-dot" />}
      {mark === "square" && <circle cx={11} cy={7} r={5} class="picked-dot" />}
      {mark === "equal" && <line x1={0} x2={22} y1={7} y2={7} class="equal-line" />}
      {mark === "bar" && <rect x={4} y={1} width={14} height={12} class="bar-eradicated" />}
      {mark === "bar2" && <rect x={4} y={1} width={14} height={12} class="bar-change" />}
    </svg>
  );
}

interface AxisProps { box: Box; ticks: number[]; scale(value: number): number; text: Text; label: string }

export function YAxis({ box: b, ticks, scale, text, label }: AxisProps) {
  return (
    <g class="axis">
      {ticks.map((t) => (
        <g key={t}>
          <line x1={b.left} x2={b.right} y1={scale(t)} y2={scale(t)} class={t === 0 ? "zero" : "grid"} />
          <text x={b.left - 6} y={scale(t)} dy="0.32em" text-anchor="end">{short(t, text.language)}</text>
        </g>
      ))}
      <text class="axis-label" x={0} y={11}>{label}</text>
    </g>
  );
}

export function XAxis({ box: b, ticks, scale, text, label }: AxisProps) {
  return (
    <g class="axis">
      {ticks.map((t) => (
        <g key={t}>
          <line x1={scale(t)} x2={scale(t)} y1={b.top} y2={b.bottom} class={t === 0 ? "zero" : "grid"} />
          <text x={scale(t)} y={b.bottom + 15} text-anchor="middle">{short(t, text.language)}</text>
        </g>
      ))}
      <text class="axis-label" x={(b.left + b.right) / 2} y={b.height - 4} text-anchor="middle">{label}</text>
    </g>
  );
}

/** Years under the drawing, as many as fit, always the last. */
export function YearAxis({ box: b, years, at }: { box: Box; years: number[]; at(index: number): number }) {
  const every = Math.max(1, Math.ceil((years.length * 42) / (b.right - b.left)));
  return (
    <g class="axis">
      {years.map((year, i) => (years.length - 1 - i) % every === 0 && <text key={year} x={at(i)} y={b.bottom + 18} text-anchor="middle">{year}</text>)}
    </g>
  );
}
