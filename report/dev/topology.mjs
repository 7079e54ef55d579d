// GeoJSON polygons as a quantised, delta-encoded TopoJSON topology, an arc per ring (for development only: no shared arcs).
export function topology(features, grid = 20000) {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  const polygons = (g) => (g.type === "Polygon" ? [g.coordinates] : g.coordinates);
  for (const f of features) for (const p of polygons(f.geometry)) for (const r of p) for (const [x, y] of r) {
    w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y);
  }
  const scale = [(e - w) / (grid - 1), (n - s) / (grid - 1)];
  const arcs = [];
  const ring = (points) => {
    const out = [];
    let [px, py] = [0, 0];
    for (const [x, y] of points) {
      const [qx, qy] = [Math.round((x - w) / scale[0]), Math.round((y - s) / scale[1])];
      if (out.length > 0 && qx === px && qy === py) continue;
      out.push([qx - px, qy - py]);
      [px, py] = [qx, qy];
    }
    while (out.length < 4) out.push([0, 0]);
    arcs.push(out);
    return [arcs.length - 1];
  };
  const geometries = features.map((f) => {
    const rings = polygons(f.geometry).map((p) => p.map(ring));
    return f.geometry.type === "Polygon"
      ? { type: "Polygon", id: f.id, arcs: rings[0] }
      : { type: "MultiPolygon", id: f.id, arcs: rings };
  });
  return {
    type: "Topology",
    transform: { scale, translate: [w, s] },
    bbox: [w, s, e, n],
    objects: { municipalities: { type: "GeometryCollection", geometries } },
    arcs,
  };
}
