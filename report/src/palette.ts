// Colours that colour-blind people can tell apart: see test/unit/palette.test.ts for the distances.

export type Rgb = [number, number, number];

/** From little to much; the first is the class of zero. Lightness falls all the way, so it prints in grey too. */
export const SEQUENTIAL: Rgb[] = [
  [250, 250, 245], [241, 223, 119], [254, 188, 53], [190, 127, 44], [170, 76, 50], [112, 40, 66], [48, 12, 62],
];

/** Below zero (purple), zero, above zero (orange). */
export const DIVERGING: Rgb[] = [
  [60, 20, 110], [122, 92, 178], [190, 178, 222], [250, 250, 245], [250, 205, 140], [222, 132, 40], [140, 66, 4],
];

/** Share of ground observed: dark where little was seen. */
export const OBSERVED: Rgb[] = [[16, 28, 54], [37, 71, 110], [77, 108, 187], [125, 162, 195], [178, 214, 242], [240, 248, 250]];

/** Classes of the cells on the pictures: from so many hectares for each square kilometre on. The program draws them (src/report/picture/cells.rs). */
export const CELLS: { low: number; colour: Rgb }[] = [
  { low: 0.1, colour: [250, 222, 70] }, { low: 1, colour: [116, 201, 168] }, { low: 4, colour: [38, 128, 184] }, { low: 8, colour: [38, 24, 110] },
];

/** Ground of the class of no data, under its hatch. */
export const NO_DATA: Rgb = [214, 214, 214];

export const INK: Rgb = [40, 44, 52];

export const css = ([r, g, b]: Rgb, alpha = 1): string => (alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`);

/** Full protanopia, deuteranopia and tritanopia on linear RGB: Machado, Oliveira and Fernandes 2009, table 1 (doi:10.1109/TVCG.2009.113). */
export const VISION: Record<string, number[][]> = {
  typical: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
