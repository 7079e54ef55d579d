// Level: the census as a line, the estimate with its interval, the mapped area as hollow points.
import { line } from "d3-shape";
import type { Report, Selection } from "../data";
import type { Text } from "../text";
import { intervalOf, intervalText } from "../intervals";
import { Frame, YAxis, YearAxis, type Box } from "./parts";
import { valueScale, yearScale } from "./scales";

export interface ChartProps { report: Report; text: Text; selection: Selection; year: number }

export function Level({ report, text, selection }: ChartProps) {
  const years = report.years;
  const census = report.series(selection, "census_ha");
  const estimate = report.series(selection, "estimate_ha");
  const mapped = report.series(selection, "mapped_ha");
  const ranges = years.map((_, y) => intervalOf(report, selection, "estimate_ha", y));
  const censusRanges = years.map((_, y) => intervalOf(report, selection, "census_ha", y));
  const all = [...census, ...estimate, ...mapped, ...ranges.flatMap((r) => r ?? []), ...censusRanges.flatMap((r) => r ?? [])];
  const place = text.place(report, selection);
  const draw = (box: Box) => {
    const y = valueScale(all, box);
    const x = yearScale(years, box);
    const shift = Math.min(7, x.step / 5);
    const path = line<number | null>().defined((v) => v !== null).x((_, i) => x.at(i)).y((v) => y.scale(v ?? 0))(census) ?? "";
    return (
      <>
        <YAxis box={box} ticks={y.ticks} scale={y.scale} text={text} label="ha" />
        <YearAxis box={box} years={years} at={x.at} />
        {censusRanges.map((r, i) => r && <line key={i} class="census-whisker" x1={x.at(i)} x2={x.at(i)} y1={y.scale(r[0])} y2={y.scale(r[1])} />)}
        <path d={path} class="census-line" />
        {census.map((v, i) => v !== null && <circle key={i} class="census-dot" cx={x.at(i)} cy={y.scale(v)} r={3} />)}
        {mapped.map((v, i) => v !== null && <circle key={i} class="mapped-dot" cx={x.at(i) - shift} cy={y.scale(v)} r={4}><title>{`${years[i]}: ${text.figure("mapped_ha", v)} ha`}</title></circle>)}
        {ranges.map((r, i) => r && <line key={i} class="whisker" x1={x.at(i) + shift} x2={x.at(i) + shift} y1={y.scale(r[0])} y2={y.scale(r[1])} />)}
        {estimate.map((v, i) => v !== null && <circle key={i} class="estimate-dot" cx={x.at(i) + shift} cy={y.scale(v)} r={4}><title>{`${years[i]}: ${text.figure("estimate_ha", v)} ha`}</title></circle>)}
      </>
    );
  };
  return (
    <Frame id="chart-level" title={text.ui("chart_level")} desc={text.ui("chart_level_desc", { place })} text={text} draw={draw}
      none={all.some((v) => v !== null) ? null : text.ui("chart_level_none", { place })}
      series={([
        { name: text.ui("series_census"), mark: "line", values: census },
        { name: text.ui("series_estimate"), mark: "point", values: estimate },
        { name: text.ui("series_mapped"), mark: "hollow", values: mapped },
      ] as const).filter(({ values }) => values.some((v) => v !== null))}
      numbers={{
        head: [text.ui("year"), text.figureName("census_ha"), text.figureName("estimate_ha"), "95 %", text.figureName("mapped_ha")],
        rows: years.map((year, i) => {
          const range = ranges[i];
          return [String(year), text.figure("census_ha", census[i] ?? null), text.figure("estimate_ha", estimate[i] ?? null),
            range ? intervalText(text, "estimate_ha", range) : text.noData, text.figure("mapped_ha", mapped[i] ?? null)];
        }),
      }} />
  );
}
