// The table of municipalities: search, filters, sorting, pages, and the download of what it shows.
import { useDeferred } from "../deferred";
import { useMemo, useState } from "preact/hooks";
import type { Report, Selection } from "../data";
import { intervalOf, intervalText, isSigned } from "../intervals";
import type { Text } from "../text";
import { csv, save } from "./csv";
import { Filters } from "./Filters";
import { filterRows, firstSort, NO_FILTER, rowsOf, sortRows, type Filter, type Row, type Sort } from "./rows";

const PAGE = 50;
/** Columns that are shown before all are asked for. */
const MAIN = new Set([
  "estimate_ha", "mapped_ha", "census_ha", "z", "estimate_change_ha", "change_ha", "growth_pct",
  "eradicated_ha", "observed_share",
]);

interface Props { report: Report; text: Text; year: number; selection: Selection; onPick(place: number): void; announce(words: string): void }

export function Table({ report, text, year, selection, onPick, announce }: Props) {
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [sort, setSort] = useState<Sort>(() => firstSort(report));
  const [allYears, setAllYears] = useState(false);
  const [allColumns, setAllColumns] = useState(false);
  const [page, setPage] = useState(0);
  const sought = useDeferred(filter);
  const rows = useMemo(() => rowsOf(report, allYears ? null : year), [report, allYears, year]);
  const shown = useMemo(() => sortRows(report, filterRows(report, rows, sought), sort), [report, rows, sought, sort]);
  const pages = Math.max(1, Math.ceil(shown.length / PAGE));
  const at = Math.min(page, pages - 1);
  const visible = shown.slice(at * PAGE, (at + 1) * PAGE);
  const columns = report.figures.filter((name) => allColumns || MAIN.has(name));
  const yearText = String(report.years[year] ?? "");
  const change = (next: Partial<Filter>) => { setFilter({ ...filter, ...next }); setPage(0); };
  const label = (column: string) => ["code", "name", "year", "flags"].includes(column) ? text.ui(column) : text.figureName(column, report.data.labels);
  const order = (column: string) => {
    const descending = sort.column === column ? !sort.descending : report.figures.includes(column);
    setSort({ column, descending });
    setPage(0);
    announce(text.ui("sorted", { column: label(column) }));
  };
  const head = (column: string, numeric = false) => (
    <th key={column} scope="col" class={numeric ? "number" : ""} aria-sort={sort.column === column ? (sort.descending ? "descending" : "ascending") : "none"}>
      <button type="button" class="sort" data-column={column} onClick={() => order(column)} title={text.ui("sort_by", { column: label(column) })}>
        {label(column)}<span class="arrow" aria-hidden="true">{sort.column === column ? (sort.descending ? "▼" : "▲") : "↕"}</span>
      </button>
    </th>
  );
  const name = (kind: string) => [report.data.title || "cocal", kind].join("-").replace(/[^\p{L}\p{N}]+/gu, "-") + ".csv";
  return (
    <section id="table" class="section" aria-labelledby="table-heading">
      <h2 id="table-heading">{text.ui("table")}{allYears ? "" : `, ${yearText}`}</h2>
      <Filters report={report} text={text} filter={filter} change={change} clear={() => { setFilter(NO_FILTER); setPage(0); }} columns={report.figures} label={label} />
      <div class="controls checks">
        <label class="check"><input type="checkbox" id="all-years" checked={allYears} onChange={(e) => { setAllYears(e.currentTarget.checked); setPage(0); }} />{text.ui("all_years")}</label>
        <label class="check"><input type="checkbox" id="all-columns" checked={allColumns} onChange={(e) => setAllColumns(e.currentTarget.checked)} />{text.ui("all_columns")}</label>
      </div>
      <div class="table-top">
        <p id="row-count" role="status">{text.ui("rows", { shown: text.count(shown.length), all: text.count(rows.length) })}</p>
        <div class="downloads">
          <button type="button" id="download-shown" onClick={() => save(name(allYears ? "filtered" : yearText), csv(report, shown))}>{text.ui("download_shown")}</button>
          <button type="button" id="download-all" onClick={() => save(name("all"), csv(report, rowsOf(report, null)))}>{text.ui("download_all")}</button>
        </div>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={text.ui("table_scroll")}>
        <table class="places">
          <caption class="hidden">{allYears ? text.ui("table_caption_all") : text.ui("table_caption", { year: yearText })}</caption>
          <thead><tr>{head("code")}{head("name")}{allYears && head("year")}{columns.map((c) => head(c, true))}{head("flags")}</tr></thead>
          <tbody>
            {visible.map((row) => (
              <Line key={row} {...{ report, text, row, columns, allYears, onPick }} chosen={selection.kind === "place" && selection.index === Math.floor(row / report.years.length)} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p class="note">{text.ui("table_empty")}</p>}
      {pages > 1 && (
        <nav class="pages" aria-label={text.ui("pages")}>
          <button type="button" disabled={at === 0} onClick={() => setPage(at - 1)}>{text.ui("previous")}</button>
          <span>{text.ui("rows_range", { from: text.count(at * PAGE + 1), to: text.count(at * PAGE + visible.length), shown: text.count(shown.length) })}</span>
          <button type="button" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>{text.ui("next")}</button>
        </nav>
      )}
    </section>
  );
}

interface LineProps { report: Report; text: Text; row: Row; columns: string[]; allYears: boolean; chosen: boolean; onPick(place: number): void }

function Line({ report, text, row, columns, allYears, chosen, onPick }: LineProps) {
  const years = report.years.length;
  const place = Math.floor(row / years);
  const { code, name } = report.data.places[place]!;
  return (
    <tr class={chosen ? "chosen" : ""} aria-current={chosen ? "true" : undefined} onClick={() => onPick(place)}>
      <td class="code">{code}</td>
      <th scope="row"><button type="button" class="pick" onClick={(e) => { e.stopPropagation(); onPick(place); }}>{name || code}</button></th>
      {allYears && <td>{report.years[row % years]}</td>}
      {columns.map((c) => {
        const value = report.data.figures[c]?.[row] ?? null;
        const interval = value === null ? null : intervalOf(report, { kind: "place", index: place }, c, row % years);
        return (
          <td key={c} class={value === null ? "number unknown" : "number"}>
            <span class="figure">{text.figure(c, value, isSigned(c))}</span>
            {interval && <span class="interval">{intervalText(text, c, interval)}</span>}
          </td>
        );
      })}
      <td class="flags">{report.flags(place, row % years).map((f) => text.flag(f)).join("; ")}</td>
    </tr>
  );
}
