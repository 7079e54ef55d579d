// Eradication beside change: association, not cause.
import type { ChartProps } from "./Level";
import { Frame, YAxis, YearAxis, type Box } from "./parts";
import { valueScale, yearScale } from "./scales";

export function Eradication({ report, text, selection }: ChartProps) {
  const years = report.years;
  const eradicated = report.series(selection, "eradicated_ha");
  const change = report.series(selection, "change_ha");
  const place = text.place(report, selection);
  const draw = (box: Box) => {
    const y = valueScale([...eradicated, ...change], box);
    const x = yearScale(years, box);
    const width = Math.max(2, Math.min(26, x.step * 0.36));
    // A bar of zero is a thin one: blank is for what is unknown.
    const bar = (v: number | null, i: number, left: number, mark: string, name: string) => v !== null && (
      <rect key={mark + i} class={mark} x={x.at(i) + left} width={width} y={Math.min(y.scale(0), y.scale(v)) - (v === 0 ? 1.5 : 0)} height={Math.max(3, Math.abs(y.scale(v) - y.scale(0)))}>
        <title>{`${years[i]}: ${text.figure(name, v, name === "change_ha")} ha`}</title>
      </rect>
    );
    return (
      <>
        <YAxis box={box} ticks={y.ticks} scale={y.scale} text={text} label="ha" />
        <YearAxis box={box} years={years} at={x.at} />
        {eradicated.map((v, i) => bar(v, i, -width - 0.5, "bar-eradicated", "eradicated_ha"))}
        {change.map((v, i) => bar(v, i, 0.5, "bar-change", "change_ha"))}
      </>
    );
  };
  return (
    <Frame id="chart-eradication" title={text.ui("chart_eradication")} desc={text.ui("chart_eradication_desc", { place })} text={text} draw={draw}
      none={eradicated.some((v) => v !== null) ? null : text.ui("chart_eradication_none", { place })}
      series={[{ name: text.ui("series_eradicated"), mark: "bar" }, { name: text.ui("series_change"), mark: "bar2" }]}
      numbers={{
        head: [text.ui("year"), text.figureName("eradicated_ha"), text.figureName("change_ha")],
        rows: years.map((year, i) => [String(year), text.figure("eradicated_ha", eradicated[i] ?? null), text.figure("change_ha", change[i] ?? null, true)]),
      }} />
  );
}
