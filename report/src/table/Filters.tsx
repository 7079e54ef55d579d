// What narrows the table: a search, a flag, a range of one figure.
import type { Report } from "../data";
import type { Text } from "../text";
import type { Filter } from "./rows";

interface Props {
  report: Report; text: Text; filter: Filter; columns: string[]; label(column: string): string;
  change(next: Partial<Filter>): void; clear(): void;
}

/** A number as typed, with a comma or a point; `null` where it is none. */
export function typed(value: string): number | null {
  const text = value.trim().replace(",", ".").replace("\u2212", "-");
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

export function Filters({ report, text, filter, columns, label, change, clear }: Props) {
  const flags = [...new Set(report.data.flags.words.flatMap((word) => (word === "" ? [] : word.split(";"))))];
  return (
    <form class="controls filters" onSubmit={(e) => e.preventDefault()} onReset={clear} role="search" aria-label={text.ui("search")}>
      <label class="field wide">{text.ui("search")}
        <input id="search" type="search" value={filter.search} autocomplete="off" onInput={(e) => change({ search: e.currentTarget.value })} />
      </label>
      <label class="field">{text.ui("flag_filter")}
        <select id="flag-filter" value={filter.flag} onChange={(e) => change({ flag: e.currentTarget.value })}>
          <option value="">{text.ui("flag_any")}</option>
          <option value="none">{text.ui("flag_without")}</option>
          <option value="any">{text.ui("flag_with")}</option>
          {flags.map((flag) => <option key={flag} value={flag}>{text.flag(flag)}</option>)}
        </select>
      </label>
      <label class="field">{text.ui("figure_filter")}
        <select id="figure-filter" value={filter.figure} onChange={(e) => change({ figure: e.currentTarget.value })}>
          <option value="">{"–"}</option>
          {columns.map((name) => <option key={name} value={name}>{label(name)}</option>)}
        </select>
      </label>
      <label class="field narrow">{text.ui("minimum")}
        <input id="minimum" type="text" inputMode="decimal" disabled={filter.figure === ""} onInput={(e) => change({ low: typed(e.currentTarget.value) })} />
      </label>
      <label class="field narrow">{text.ui("maximum")}
        <input id="maximum" type="text" inputMode="decimal" disabled={filter.figure === ""} onInput={(e) => change({ high: typed(e.currentTarget.value) })} />
      </label>
      <button type="reset" class="quiet">{text.ui("clear")}</button>
    </form>
  );
}
