// The legend: classes with their unit, and the hatches of what was not seen.
import { useEffect, useRef } from "preact/hooks";
import { classText, type Layer } from "../layers";
import { css, type Rgb } from "../palette";
import type { Text } from "../text";
import { noDataTile, partlyTile, pattern } from "./hatch";

export function Legend({ layer, text }: { layer: Layer; text: Text }) {
  const order = layer.classes.map((_, i) => i).reverse();
  return (
    <div class="legend">
      <h3>{text.ui("legend")}</h3>
      <ul>
        {order.map((i) => <li key={i}><Swatch colour={layer.classes[i]!.colour} />{classText(layer, i, text)}</li>)}
        <li class="gap"><Swatch tile={noDataTile} />{text.ui("legend_no_data")}</li>
        <li><Swatch tile={partlyTile} />{text.ui("legend_partly")}</li>
      </ul>
      <p class="hint">{text.ui("legend_same")}</p>
    </div>
  );
}

export function Swatch({ colour, tile }: { colour?: Rgb; tile?: (scale: number) => HTMLCanvasElement }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = ref.current?.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, 56, 36);
    pen.fillStyle = colour ? css(colour) : pattern(tile!(2));
    pen.fillRect(0, 0, 56, 36);
  }, [colour, tile]);
  return <canvas ref={ref} class="swatch" width={56} height={36} aria-hidden="true" />;
}
