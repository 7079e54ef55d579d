// Census against the estimate (or the mapped area, where nothing is estimated) of all municipalities in one year.
import { intervalOf, intervalText } from "../intervals";
import type { ChartProps } from "./Level";
import { Frame, XAxis, YAxis, type Box } from "./parts";
import { logScale } from "./scales";

interface Point { place: number; census: number; own: number; range: [number, number] | null; censusRange: [number, number] | null }

export function Scatter({ report, text, selection, year, onPick }: ChartProps & { onPick(place: number): void }) {
  const estimated = report.data.places.some((_, place) => report.figure("estimate_ha", place, year) !== null);
  const own = estimated ? "estimate_ha" : "mapped_ha";
  const points = report.data.places.flatMap((_, place): Point[] => {
    const at = { kind: "place", index: place } as const;
    const census = report.figure("census_ha", place, year);
    const value = report.figure(own, place, year);
    if (census === null || value === null) return [];
    return [{ place, census, own: value, range: intervalOf(report, at, own, year), censusRange: intervalOf(report, at, "census_ha", year) }];
  });
  const chosen = selection.kind === "place" ? points.find((p) => p.place === selection.index) : undefined;
  const highest = points.reduce((top, p) => Math.max(top, p.census, p.own, p.range?.[1] ?? 0, p.censusRange?.[1] ?? 0), 0);
  const ordered = chosen ? [...points.filter((p) => p !== chosen), chosen] : points;
  const name = (p: Point) => report.data.places[p.place]?.name ?? "";
  const years = String(report.years[year] ?? "");
  const draw = (box: Box) => {
    const x = logScale(highest, [box.left, box.right]);
    const y = logScale(highest, [box.bottom, box.top]);
    return (
      <>
        <YAxis box={box} ticks={y.ticks} scale={y.scale} text={text} label={text.ui(estimated ? "chart_axis_estimate" : "chart_axis_mapped")} />
        <XAxis box={box} ticks={x.ticks} scale={x.scale} text={text} label={text.ui("chart_axis_census")} />
        <line class="equal-line" x1={box.left} y1={box.bottom} x2={box.right} y2={box.top} />
        <path class="faint-whisker" d={ordered.flatMap((p) => p.range ? `M${x.scale(p.census).toFixed(1)} ${y.scale(p.range[0]).toFixed(1)}V${y.scale(p.range[1]).toFixed(1)}` : []).join("")} />
        <path class="faint-whisker" d={ordered.flatMap((p) => p.censusRange ? `M${x.scale(p.censusRange[0]).toFixed(1)} ${y.scale(p.own).toFixed(1)}H${x.scale(p.censusRange[1]).toFixed(1)}` : []).join("")} />
        {ordered.map((p) => (
          <circle key={p.place} class={p === chosen ? "picked-dot" : "place-dot"} cx={x.scale(p.census)} cy={y.scale(p.own)} r={p === chosen ? 6 : 4} onClick={() => onPick(p.place)}>
            <title>{`${name(p)}: ${text.figure("census_ha", p.census)} | ${text.figure(own, p.own)} ha`}</title>
          </circle>
        ))}
      </>
    );
  };
  const missing = report.data.places.length - points.length;
  const series = [
    { name: text.ui("series_municipality"), mark: "point" as const },
    ...(chosen ? [{ name: text.ui("series_selected"), mark: "square" as const }] : []),
    { name: text.ui("series_equal"), mark: "equal" as const },
  ];
  const largest = [...points].sort((a, b) => b.census - a.census).slice(0, 50);
  return (
    <Frame id="chart-scatter" title={text.ui(estimated ? "chart_scatter" : "chart_scatter_mapped", { year: years })} text={text} draw={draw} series={series}
      desc={text.ui("chart_scatter_desc", { count: text.count(points.length) })} none={points.length > 0 ? null : text.ui("chart_scatter_none", { year: years })}
      note={missing > 0 ? text.ui("chart_scatter_unseen", { count: text.count(missing) }) : null}
      numbers={{
        head: [text.ui("name"), text.figureName("census_ha"), text.figureName(own), "95 %"],
        rows: largest.map((p) => [name(p), text.figure("census_ha", p.census), text.figure(own, p.own), p.range ? intervalText(text, own, p.range) : text.noData]),
      }} />
  );
}
