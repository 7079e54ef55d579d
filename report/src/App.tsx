// The page: what is chosen, and the parts that show it. The head comes first, the rest after it is painted.
import { memo } from "./memo";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { Answers } from "./Answers";
import { Eradication } from "./charts/Eradication";
import { Growth } from "./charts/Growth";
import { Level } from "./charts/Level";
import { Nulls } from "./charts/Nulls";
import { Scatter } from "./charts/Scatter";
import type { Language, Report, Selection } from "./data";
import { afterPaint } from "./deferred";
import { Chooser, Header } from "./Header";
import { layersOf } from "./layers";
import { MapView } from "./map/MapView";
import { Overview } from "./Overview";
import { Pictures } from "./Pictures";
import { Provenance } from "./Provenance";
import { Table } from "./table/Table";
import { Text } from "./text";

const Charts = memo(({ report, text, selection, year, onPick }: { report: Report; text: Text; selection: Selection; year: number; onPick(place: number): void }) => (
  <section id="charts" class="section" aria-labelledby="charts-heading">
    <h2 id="charts-heading">{text.ui("charts")}: {text.place(report, selection)}</h2>
    <div class="charts">
      <Level {...{ report, text, selection, year }} />
      <Growth {...{ report, text, selection, year }} />
      <Eradication {...{ report, text, selection, year }} />
      <Scatter {...{ report, text, selection, year, onPick }} />
      <Nulls report={report} text={text} year={year} />
    </div>
  </section>
));
const Places = memo(Table);
const Sources = memo(Provenance);
const Gallery = memo(Pictures);
const Year = memo(Overview);

export function App({ report }: { report: Report }) {
  const [language, setLanguage] = useState<Language>(report.data.language === "en" ? "en" : "es");
  const [selection, setSelection] = useState<Selection>(() => report.first());
  const [year, setYear] = useState(report.years.length - 1);
  const [stage, setStage] = useState(0);
  const [layerName, setLayer] = useState("");
  const [spoken, announce] = useState("");
  const text = useMemo(() => new Text(language), [language]);
  const layers = useMemo(() => (stage > 0 ? layersOf(report) : []), [report, stage > 0]);
  const layer = layers.find((l) => l.name === layerName) ?? layers[0];
  const onPick = useCallback((index: number) => setSelection({ kind: "place", index }), []);
  const onYear = useCallback((index: number) => setYear(index), []);

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = report.data.title === "" ? text.ui("title") : `${text.ui("title")}: ${report.data.title}`;
  }, [language]);
  useEffect(() => announce(text.ui("selection_changed", { place: text.place(report, selection), year: report.years[year] ?? "" })), [selection, year, text]);
  useEffect(() => (stage < 3 ? afterPaint(() => setStage(stage + 1)) : undefined), [stage]);

  const place = text.place(report, selection);
  const sections = ["answers", "map", "charts", "table", "pictures", "provenance"];
  return (
    <div class="page" data-stage={stage}>
      <Header report={report} text={text} onLanguage={setLanguage} />
      <Chooser report={report} text={text} selection={selection} year={year} onSelect={setSelection} onYear={onYear} />
      <p class="hidden" role="status" aria-live="polite" id="spoken">{spoken}</p>
      <section id="answers" class="section" aria-labelledby="answers-heading" tabIndex={-1}>
        <h2 id="answers-heading">{text.ui("answers_for", { place, year: report.years[year] ?? "" })}</h2>
        <Answers report={report} text={text} selection={selection} year={year} />
        {stage > 0 && <Year report={report} text={text} year={year} onPick={onPick} />}
      </section>
      <nav class="jump" aria-label={text.ui("sections")}>
        {sections.map((id) => <a key={id} href={"#" + id}>{text.ui(id)}</a>)}
        <button type="button" class="quiet" onClick={() => window.print()}>{text.ui("print")}</button>
      </nav>
      {stage > 0 && <MapView {...{ report, text, layers, layer, year, selection, onPick, onYear }} onLayer={setLayer} />}
      {stage > 1 && <Charts {...{ report, text, selection, year, onPick }} />}
      {stage > 2 && <Places {...{ report, text, year, selection, onPick, announce }} />}
      {stage > 2 && <Gallery report={report} text={text} />}
      {stage > 2 && <Sources report={report} text={text} />}
    </div>
  );
}
