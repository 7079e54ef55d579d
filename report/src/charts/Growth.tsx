// Growth: the census's change in per cent of the year before, with its interval where one is assumed, and the zero line.
import { intervalOf, intervalText } from "../intervals";
import type { ChartProps } from "./Level";
import { Frame, YAxis, YearAxis, type Box } from "./parts";
import { valueScale, yearScale } from "./scales";

export function Growth({ report, text, selection }: ChartProps) {
  const years = report.years;
  const growth = report.series(selection, "growth_pct");
  const ranges = years.map((_, y) => intervalOf(report, selection, "growth_pct", y));
  const place = text.place(report, selection);
  const draw = (box: Box) => {
    const y = valueScale([...growth, ...ranges.flatMap((r) => r ?? [])], box);
    const x = yearScale(years, box);
    return (
      <>
        <YAxis box={box} ticks={y.ticks} scale={y.scale} text={text} label="%" />
        <YearAxis box={box} years={years} at={x.at} />
        {growth.map((v, i) => v !== null && <line key={i} class="stem" x1={x.at(i)} x2={x.at(i)} y1={y.scale(0)} y2={y.scale(v)} />)}
        {ranges.map((r, i) => r && <line key={i} class="whisker" x1={x.at(i)} x2={x.at(i)} y1={y.scale(r[0])} y2={y.scale(r[1])} />)}
        {growth.map((v, i) => v !== null && (
          <circle key={i} class="growth-dot" cx={x.at(i)} cy={y.scale(v)} r={4.5}><title>{`${years[i]}: ${text.figure("growth_pct", v, true)} %`}</title></circle>
        ))}
      </>
    );
  };
  return (
    <Frame id="chart-growth" title={text.ui("chart_growth")} desc={text.ui("chart_growth_desc", { place })} text={text} draw={draw}
      none={growth.some((v) => v !== null) ? null : text.ui("chart_growth_none", { place })}
      note={text.ui(ranges.some((r) => r !== null) ? "chart_growth_assumed" : "chart_growth_no_interval")}
      series={[{ name: text.ui("series_growth"), mark: "square" }]}
      numbers={{
        head: [text.ui("year"), text.figureName("growth_pct"), "95 %"],
        rows: years.map((year, i) => {
          const range = ranges[i];
          return [String(year), text.figure("growth_pct", growth[i] ?? null, true), range ? intervalText(text, "growth_pct", range) : text.noData];
        }),
      }} />
  );
}
