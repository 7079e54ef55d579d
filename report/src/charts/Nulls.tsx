// Is the map better than no map? Its error beside that of carrying last year's census forward.
import type { Report } from "../data";
import type { Text } from "../text";

export function Nulls({ report, text, year }: { report: Report; text: Text; year: number }) {
  const model = report.data.null_model;
  const all = (name: string) => report.of({ kind: "total", index: 0 }, name, year);
  const pair = [
    { name: text.ui("chart_null_map"), value: model?.map_error_pct ?? null, mark: "bar-map" },
    { name: text.ui("chart_null_null"), value: model?.null_error_pct ?? null, mark: "bar-null" },
  ];
  const estimates = all("estimate_error_pct") === null ? [] : [
    { name: text.ui("chart_null_estimate", { year: report.years[year] ?? "" }), value: all("estimate_error_pct"), mark: "bar-estimate" },
    { name: text.ui("chart_null_same"), value: all("estimate_null_error_pct"), mark: "bar-null" },
  ];
  const bars = [...pair, ...estimates];
  const longest = Math.max(...bars.map((bar) => bar.value ?? 0), 1e-9);
  const closer = ["map", "null", "equal"].includes(model?.closer ?? "") ? model!.closer : "unknown";
  return (
    <figure class="chart" id="chart-null">
      <h3>{text.ui("chart_null")}</h3>
      {model === null || bars.every((bar) => bar.value === null) ? <p class="note">{text.ui(report.data.publication ? "chart_null_withheld" : "chart_null_none")}</p> : (
        <>
          <p class="verdict">{text.ui("winner_" + closer)}</p>
          <dl class="bars">
            {bars.map(({ name, value, mark }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" width="100%" height={22} aria-hidden="true">
                    <rect x={0} y={0} width={100} height={10} class="bar-track" />
                    <rect x={0} y={0} width={(100 * (value ?? 0)) / longest} height={10} class={mark} />
                  </svg>
                  <span class="bar-value">{text.figure("map_error_pct", value)}{value !== null && "\u00a0%"}</span>
                </dd>
              </div>
            ))}
          </dl>
          <figcaption class="hint">{text.ui("chart_null_note", { used: text.count(model.rows_used), rows: text.count(model.rows) })}</figcaption>
        </>
      )}
    </figure>
  );
}
