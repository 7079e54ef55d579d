// Hatches, so that ground without data is told from ground without coca by more than its colour.
import { css, INK, NO_DATA } from "../palette";

function canvas(side: number, draw: (pen: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const element = document.createElement("canvas");
  element.width = side;
  element.height = side;
  const pen = element.getContext("2d");
  if (pen) draw(pen);
  return element;
}

/** Slanted lines that meet at the edges of the square: rising `/` or falling `\`. */
function lines(pen: CanvasRenderingContext2D, side: number, rising: boolean): void {
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, rising ? side + 1 : -1);
    pen.lineTo(shift + side + 1, rising ? -1 : side + 1);
  }
  pen.stroke();
}

/** No data: grey ground with rising lines. */
export function noDataTile(scale: number): HTMLCanvasElement {
  const side = Math.round(7 * scale);
  return canvas(side, (pen) => {
    pen.fillStyle = css(NO_DATA);
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = css([120, 120, 120]);
    pen.lineWidth = 1.2 * scale;
    lines(pen, side, true);
  });
}

/** Observed in part: falling lines, dark in white, seen on every colour. */
export function partlyTile(scale: number): HTMLCanvasElement {
  const side = Math.round(11 * scale);
  return canvas(side, (pen) => {
    pen.strokeStyle = css([255, 255, 255], 0.85);
    pen.lineWidth = 3 * scale;
    lines(pen, side, false);
    pen.strokeStyle = css(INK);
    pen.lineWidth = 1.3 * scale;
    lines(pen, side, false);
  });
}

export function pattern(tile: HTMLCanvasElement): CanvasPattern | string {
  return tile.getContext("2d")?.createPattern(tile, "repeat") ?? css(NO_DATA);
}
