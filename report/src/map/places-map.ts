// The canvas map: municipalities in the classes of a layer and year, with what is selected and pointed at on top.
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { setLevel } from "ol/console";
import TopoJSON from "ol/format/TopoJSON";
import { createEmpty, extend, getCenter, isEmpty } from "ol/extent";
import type { Geometry } from "ol/geom";
import VectorImageLayer from "ol/layer/VectorImage";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import Text from "ol/style/Text";
import type { Report } from "../data";
import { classOf, hatched, type Layer } from "../layers";
import { css, INK } from "../palette";
import { noDataTile, partlyTile, pattern } from "./hatch";
import { interactions } from "./interactions";

export interface MapEvents {
  /** A municipality was clicked. */
  pick(place: number): void;
  /** The pointer is over a municipality, or over none. */
  point(place: number | null, x: number, y: number): void;
}

// A window may be without room for a moment; the library would warn of that on the console.
setLevel("error");

/** Room around all municipalities; above, for the buttons. */
const PADDING = [56, 16, 16, 16];
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export class PlacesMap {
  private readonly map: OlMap;
  private readonly source = new VectorSource<Feature<Geometry>>();
  private readonly outlines = new VectorSource<Feature<Geometry>>();
  private readonly ground: VectorImageLayer;
  private readonly byPlace = new Map<number, Feature<Geometry>>();
  private readonly border = new Stroke({ color: css(INK, 0.45), width: 0.6 });
  private readonly noData: Style;
  private readonly partly: Style;
  private readonly label: Style;
  private fills: Style[] = [];
  private layer: Layer | undefined;
  private year = 0;
  private pointed: number | null = null;
  private selected: number | null = null;
  private moved = false;
  private readonly sized: ResizeObserver;

  constructor(private readonly target: HTMLElement, private readonly report: Report, private readonly events: MapEvents) {
    const ratio = window.devicePixelRatio || 1;
    this.noData = new Style({ fill: new Fill({ color: pattern(noDataTile(ratio)) }), stroke: this.border });
    this.partly = new Style({ fill: new Fill({ color: pattern(partlyTile(ratio)) }), zIndex: 1 });
    this.label = new Style({
      text: new Text({ font: FONT, fill: new Fill({ color: css(INK) }), stroke: new Stroke({ color: "rgb(255 255 255 / 0.9)", width: 3 }) }),
      zIndex: 2,
    });
    this.read();
    this.ground = new VectorImageLayer({ source: this.source, style: (f) => this.styles(f as Feature<Geometry>), imageRatio: 1.5 });
    const top = new VectorLayer({ source: this.outlines, style: (f) => this.outline(f as Feature<Geometry>), updateWhileInteracting: true, updateWhileAnimating: true });
    const extent = this.extent();
    this.map = new OlMap({
      layers: [this.ground, top],
      controls: [],
      interactions: interactions(target),
      view: new View({ center: getCenter(extent), extent: grown(extent), constrainOnlyCenter: true, showFullExtent: true, zoom: 5, maxZoom: 18 }),
    });
    this.listen();
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(target);
  }

  /** The map starts once there is room for it, and keeps all in sight while nobody has moved it. */
  private resize(): void {
    if (this.target.clientWidth < 20 || this.target.clientHeight < 20) return;
    if (!this.map.getTarget()) this.map.setTarget(this.target);
    else this.map.updateSize();
    if (!this.moved) this.fit();
  }

  show(layer: Layer, year: number): void {
    this.layer = layer;
    this.year = year;
    this.fills = layer.classes.map(({ colour }) => new Style({ fill: new Fill({ color: css(colour) }), stroke: this.border }));
    this.ground.changed();
  }

  select(place: number | null): void {
    this.selected = place;
    this.redrawOutlines();
  }

  fit(): void {
    this.moved = false;
    this.map.getView().fit(this.extent(), { padding: PADDING });
  }

  /** Height over width of all municipalities. */
  get aspect(): number {
    const [w = 0, s = 0, e = 1, n = 1] = this.extent();
    return (n - s) / (e - w);
  }

  zoom(by: number): void {
    this.moved = true;
    const view = this.map.getView();
    view.animate({ zoom: (view.getZoom() ?? 5) + by, duration: 150 });
  }

  /** Draws the map on another canvas, for paper: at once, since printing does not wait. */
  drawOn(sheet: HTMLCanvasElement): void {
    const size = this.map.getSize() ?? [0, 0];
    const layers = [...this.target.querySelectorAll<HTMLCanvasElement>(".ol-layer canvas, canvas.ol-layer")];
    const ratio = window.devicePixelRatio || 1;
    sheet.width = (size[0] ?? 0) * ratio;
    sheet.height = (size[1] ?? 0) * ratio;
    const pen = sheet.getContext("2d");
    if (!pen) return;
    for (const canvas of layers.filter((c) => c.width > 0)) {
      const matrix = /^matrix\(([^)]*)\)$/.exec(canvas.style.transform)?.[1]?.split(",").map(Number);
      const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix ?? [1 / ratio, 0, 0, 1 / ratio, 0, 0];
      pen.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
      pen.drawImage(canvas, 0, 0);
    }
  }

  dispose(): void {
    this.sized.disconnect();
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  private read(): void {
    const features = new TopoJSON().readFeatures(withShapes(this.report.takeMap() as Topology), { dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });
    for (const feature of features as Feature<Geometry>[]) {
      const place = this.report.placeOf(String(feature.getId()));
      if (place === undefined || !feature.getGeometry()) continue;
      feature.set("place", place, true);
      this.byPlace.set(place, feature);
    }
    this.source.addFeatures([...this.byPlace.values()]);
  }

  private extent(): number[] {
    const extent = createEmpty();
    for (const feature of this.byPlace.values()) extend(extent, feature.getGeometry()!.getExtent());
    return isEmpty(extent) ? [-8.8e6, -5e5, -7.4e6, 1.4e6] : extent;
  }

  private styles(feature: Feature<Geometry>): Style[] {
    if (!this.layer) return [];
    const place = feature.get("place") as number;
    const index = classOf(this.layer, this.report.figure(this.layer.name, place, this.year));
    const fill = this.fills[index];
    this.label.getText()!.setText(this.report.data.places[place]?.name ?? "");
    if (!fill) return [this.noData, this.label];
    return hatched(this.report, place, this.year) ? [fill, this.partly, this.label] : [fill, this.label];
  }

  private outline(feature: Feature<Geometry>): Style[] {
    const chosen = feature.get("place") === this.selected;
    const line = (color: string, width: number) => new Style({ stroke: new Stroke({ color, width }) });
    return chosen ? [line("white", 6), line("rgb(0 0 0)", 3)] : [line("white", 4), line(css(INK), 1.6)];
  }

  private redrawOutlines(): void {
    this.outlines.clear(true);
    for (const place of new Set([this.pointed, this.selected])) {
      const feature = place === null ? undefined : this.byPlace.get(place);
      if (feature) this.outlines.addFeature(feature);
    }
    this.outlines.changed();
  }

  private placeAt(coordinate: number[]): number | null {
    const feature = this.source.getFeaturesAtCoordinate(coordinate)[0];
    return (feature?.get("place") as number | undefined) ?? null;
  }

  private listen(): void {
    this.map.on("pointermove", (event) => {
      if (event.dragging) return this.point(null, 0, 0);
      const [x = 0, y = 0] = event.pixel;
      this.point(this.placeAt(event.coordinate), x, y);
    });
    for (const kind of ["pointerdown", "wheel", "keydown"]) this.target.addEventListener(kind, () => { this.moved = true; }, { passive: true });
    this.target.addEventListener("pointerleave", () => this.point(null, 0, 0));
    this.map.on("click", (event) => {
      const place = this.placeAt(event.coordinate);
      if (place !== null) this.events.pick(place);
    });
    // For tests: where the view lies, in EPSG:3857, once it is drawn.
    this.map.on("rendercomplete", () => {
      this.target.dataset["extent"] = this.map.getView().calculateExtent(this.map.getSize()).join(" ");
    });
  }

  private point(place: number | null, x: number, y: number): void {
    if (place !== this.pointed) {
      this.pointed = place;
      this.redrawOutlines();
    }
    this.events.point(place, x, y);
  }
}

interface Topology { objects: Record<string, { geometries?: { type: string | null }[] }> }

/** The topology without municipalities that have no shape. */
function withShapes(topology: Topology): Topology {
  const objects = Object.fromEntries(Object.entries(topology.objects).map(([name, object]) => [
    name, { ...object, geometries: (object.geometries ?? []).filter(({ type }) => type === "Polygon" || type === "MultiPolygon") },
  ]));
  return { ...topology, objects };
}

/** The extent with its own size around it: what the view's centre may not leave. */
function grown([w = 0, s = 0, e = 0, n = 0]: number[]): number[] {
  const margin = 0.2 * Math.max(e - w, n - s);
  return [w - margin, s - margin, e + margin, n + margin];
}
