// The questions that the page answers, each with its figure and the sentences that the program found to hold.
import type { ComponentChildren } from "preact";
import type { Report, Selection } from "./data";
import { intervalOf, intervalText, isSigned } from "./intervals";
import type { Text } from "./text";

interface Props { report: Report; text: Text; selection: Selection; year: number }

const GROUPS: Record<string, RegExp> = {
  level: /^(level_|withheld)/,
  change: /^(estimate_change|census_(change|from_zero|still_zero|no_previous))/,
  census: /^census_(agrees|above|below|no_test|tests|unknown|incomplete)/,
  observed: /^(observed|not_observed|partly_|outside_|some_)/,
  null: /^null_/,
  eradication: /^(eradication|spraying|association)/,
};

export function Answers(props: Props) {
  const { report, text, selection, year } = props;
  const keys = report.sentences(selection, year);
  const grouped = new Set(Object.values(GROUPS).flatMap((pattern) => keys.filter((key) => pattern.test(key))));
  const said = (group: string) => keys.filter((key) => GROUPS[group]?.test(key) || (group === "level" && !grouped.has(key)))
    .map((key) => <p key={key}>{text.sentence(key, report, selection, year)}</p>);
  const value = (name: string) => report.of(selection, name, year);
  const nulls = said("null");
  return (
    <div class="cards">
      <Card id="level" title={text.ui("q_level")} says={said("level")}><LevelFigure {...props} /></Card>
      <Card id="change" title={text.ui("q_change")} says={said("change")}><ChangeFigure {...props} /></Card>
      <Card id="census" title={text.ui("q_census")} says={said("census")}>
        <Big text={text} name="census_ha" value={value("census_ha")} unit="ha" label={text.ui("census")} />
        {value("census_ha") !== null && <p class="sub">{against(props)}</p>}
      </Card>
      <Card id="observed" title={text.ui("q_observed")} says={said("observed")}>
        <Big text={text} name="observed_share" value={value("observed_share")} unit="%" label={text.ui("observed")} />
        <Bar share={value("observed_share")} />
      </Card>
      <Card id="eradication" title={text.ui("q_eradication")} says={said("eradication")}>
        <Big text={text} name="eradicated_ha" value={value("eradicated_ha")} unit="ha" label={text.ui("eradicated")} />
      </Card>
      {nulls.length > 0 && <Card id="null" title={text.ui("q_null")} says={nulls} />}
    </div>
  );
}

function Card({ id, title, says, children }: { id: string; title: string; says: ComponentChildren; children?: ComponentChildren }) {
  return (
    <article class="card" id={"answer-" + id}>
      <h3>{title}</h3>
      {children}
      <div class="says">{says}</div>
    </article>
  );
}

interface BigProps { text: Text; name: string; value: number | null; unit: string; label: string }

function Big({ text, name, value, unit, label }: BigProps) {
  return (
    <p class={value === null ? "big unknown" : "big"}>
      <span class="value" data-figure={name}>{text.figure(name, value, isSigned(name))}</span>
      {value !== null && <span class="unit"> {unit}</span>} <span class="label">{label}</span>
    </p>
  );
}

function LevelFigure({ report, text, selection, year }: Props) {
  const of = (name: string) => report.of(selection, name, year);
  const estimate = of("estimate_ha");
  if (estimate !== null) {
    const interval = intervalOf(report, selection, "estimate_ha", year);
    return (
      <>
        <Big text={text} name="estimate_ha" value={estimate} unit="ha" label={text.ui("estimated")} />
        <p class="sub">{interval ? text.ui("interval95", { low: text.figure("estimate_low_ha", interval[0]), high: text.figure("estimate_high_ha", interval[1]) }) : text.ui("interval_none")}</p>
      </>
    );
  }
  const mapped = of("mapped_ha");
  if (mapped !== null || of("census_ha") === null) {
    return (
      <>
        <Big text={text} name="mapped_ha" value={mapped} unit="ha" label={text.ui("mapped")} />
        {mapped !== null && <p class="sub">{text.ui("mapped_only")}</p>}
      </>
    );
  }
  return (
    <>
      <Big text={text} name="census_ha" value={of("census_ha")} unit="ha" label={text.ui("census")} />
      <p class="sub">{text.ui("census_only")}</p>
    </>
  );
}

function ChangeFigure({ report, text, selection, year }: Props) {
  const estimated = report.of(selection, "estimate_change_ha", year) !== null;
  const name = estimated ? "estimate_change_ha" : "change_ha";
  const from = estimated ? report.of(selection, "estimate_change_from_year", year) : null;
  const previous_year = from ?? (report.years[year] ?? 1) - 1;
  const interval = intervalOf(report, selection, name, year);
  return (
    <>
      <Big text={text} name={name} value={report.of(selection, name, year)} unit="ha" label={text.ui(estimated ? "change_estimate" : "change_census", { previous_year })} />
      {interval && <p class="sub">95 %: {intervalText(text, name, interval)} ha</p>}
    </>
  );
}

function against({ report, text, selection, year }: Props): string {
  const estimate = report.of(selection, "estimate_ha", year);
  if (estimate !== null) return text.ui("against_estimate", { estimate: text.figure("estimate_ha", estimate) });
  const mapped = report.of(selection, "mapped_ha", year);
  return mapped === null ? "" : text.ui("against_mapped", { mapped: text.figure("mapped_ha", mapped) });
}

/** How much was seen, as a bar. */
function Bar({ share }: { share: number | null }) {
  if (share === null) return null;
  return (
    <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" width="100%" height={10} aria-hidden="true">
      <rect x={0} y={0} width={100} height={4} class="share-track" />
      <rect x={0} y={0} width={100 * share} height={4} class="share-seen" />
    </svg>
  );
}
