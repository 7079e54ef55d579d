// The map with its controls, its tooltip and its legend.
import { useEffect, useRef } from "preact/hooks";
import type { Report, Selection } from "../data";
import type { Layer } from "../layers";
import type { Text } from "../text";
import { figureWithInterval } from "../intervals";
import { Legend } from "./Legend";
import { PlacesMap } from "./places-map";

interface Props {
  report: Report; text: Text; layers: Layer[]; layer: Layer | undefined; year: number; selection: Selection;
  onLayer(name: string): void; onYear(year: number): void; onPick(place: number): void;
}

export function MapView(props: Props) {
  const { report, text, layers, layer, year, selection } = props;
  const target = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const map = useRef<PlacesMap | null>(null);
  const now = useRef(props);
  now.current = props;
  const sheet = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    if (!target.current || !report.hasMap) return undefined;
    const drawn = new PlacesMap(target.current, report, {
      pick: (place) => now.current.onPick(place),
      point: (place, x, y) => tip.current && showTip(tip.current, now.current, place, x, y),
    });
    map.current = drawn;
    // No taller than what it shows needs: a wide territory would stand in much blank.
    target.current.style.maxHeight = `${Math.max(340, target.current.clientWidth * drawn.aspect + 90)}px`;
    const print = () => sheet.current && drawn.drawOn(sheet.current);
    window.addEventListener("beforeprint", print);
    return () => {
      window.removeEventListener("beforeprint", print);
      drawn.dispose();
    };
  }, [report]);
  useEffect(() => layer && map.current?.show(layer, year), [layer, year, report]);
  useEffect(() => map.current?.select(selection.kind === "place" ? selection.index : null), [selection, report]);

  const shownYear = String(report.years[year] ?? "");
  const layerName = layer ? text.figureName(layer.name) : "";
  return (
    <section id="map" class="section" aria-labelledby="map-heading">
      <h2 id="map-heading">{text.ui("map")}: {layerName}, {shownYear}</h2>
      {report.hasMap && <div class="controls">
        <label class="field">{text.ui("layer")}
          <select id="layer" value={layer?.name ?? ""} onChange={(e) => props.onLayer(e.currentTarget.value)}>
            {layers.map(({ name }) => <option key={name} value={name}>{text.figureName(name)}</option>)}
          </select>
        </label>
        {report.years.length > 1 && (
          <label class="field slider">{text.ui("year")}: <strong>{shownYear}</strong>
            <input id="map-year" type="range" min={0} max={report.years.length - 1} step={1} value={year} aria-valuetext={shownYear}
              onInput={(e) => props.onYear(Number(e.currentTarget.value))} />
          </label>
        )}
        <p class="hint">{layer && text.ui("layer_help_" + layer.name)}</p>
      </div>}
      {report.hasMap ? (
        <div class="map-grid">
          <div class="map-frame">
            <div ref={target} class="map" tabIndex={0} role="application" aria-label={text.ui("map_label", { layer: layerName, year: shownYear })} aria-describedby="map-intro" />
            <canvas ref={sheet} class="map-sheet" role="img" aria-label={text.ui("map_label", { layer: layerName, year: shownYear })} />
            <div class="map-buttons">
              <button type="button" aria-label={text.ui("zoom_in")} title={text.ui("zoom_in")} onClick={() => map.current?.zoom(1)}>+</button>
              <button type="button" aria-label={text.ui("zoom_out")} title={text.ui("zoom_out")} onClick={() => map.current?.zoom(-1)}>−</button>
              <button type="button" class="wide" id="map-fit" onClick={() => map.current?.fit()}>{text.ui("fit")}</button>
            </div>
            <div ref={tip} class="tip" hidden aria-hidden="true" />
          </div>
          {layer && <Legend layer={layer} text={text} />}
        </div>
      ) : <p class="note">{text.ui("map_none")}</p>}
      {report.hasMap && <p class="hint" id="map-intro">{text.ui("map_intro")}</p>}
      {report.hasMap && <p class="hint">{text.ui("map_credit", { source: text.ui("map_source") })}</p>}
    </section>
  );
}

/** Fills and places the tooltip; text only. */
function showTip(tip: HTMLElement, { report, text, layer, year }: Props, place: number | null, x: number, y: number): void {
  tip.hidden = place === null || !layer;
  if (place === null || !layer) return;
  const line = (words: string, tag = "div") => Object.assign(document.createElement(tag), { textContent: words });
  const at = { kind: "place", index: place } as const;
  const share = report.figure("observed_share", place, year);
  const lines = [
    line(report.data.places[place]?.name ?? "", "strong"),
    line(`${text.figureName(layer.name)}: ${figureWithInterval(report, text, at, layer.name, year)}`),
  ];
  if (layer.name !== "observed_share") lines.push(line(`${text.figureName("observed_share")}: ${text.figure("observed_share", share)}`));
  lines.push(...report.flags(place, year).map((flag) => line(text.flag(flag))));
  tip.replaceChildren(...lines);
  const width = tip.parentElement?.clientWidth ?? 0;
  const left = x + 16 + tip.offsetWidth > width ? Math.max(4, x - 16 - tip.offsetWidth) : x + 16;
  tip.style.transform = `translate(${left}px, ${Math.max(4, y - 12)}px)`;
}
