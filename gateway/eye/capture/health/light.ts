import { COLUMNS, ROWS, type Thumbnail } from "./thumbnail.ts";

/** What the light in a picture says about its camera. */
export type Light = "ok" | "black" | "dark" | "covered";

/*
 * In grey levels of 255. The drawn classroom has a brightness of 171 and a detail of 14.7 by day, 34 and 3.0 at a fifth
 * of that light, 17 and 1.6 at a tenth, where hardly a face is found any more. Nobody has measured real rooms for this.
 */
const BLACK = 6;
const DARK = 25;
const FLAT = 1.2;

/** Nothing at all, too little to see faces by, or light without anything in it: a hand, a cap, a sheet of paper. */
export function lightOf({ brightness, detail }: LightMeasure): Light {
  if (brightness < BLACK) return "black";
  if (detail < FLAT) return "covered";
  return brightness < DARK ? "dark" : "ok";
}

export interface LightMeasure {
  /** Mean grey level, 0–255. */
  readonly brightness: number;
  /** Mean difference between cells side by side, and between cells above each other. */
  readonly detail: number;
}

/** Over the cells that no mask touches. A picture that is masked altogether counts as bright and full of detail. */
export function measure({ grey, seen }: Thumbnail): LightMeasure {
  let [cells, sum, pairs, differences] = [0, 0, 0, 0];
  for (let at = 0; at < COLUMNS * ROWS; at += 1) {
    if (!seen[at]) continue;
    cells += 1;
    sum += grey[at]!;
    for (const other of [at % COLUMNS === 0 ? -1 : at - 1, at - COLUMNS]) {
      if (other < 0 || !seen[other]) continue;
      pairs += 1;
      differences += Math.abs(grey[at]! - grey[other]!);
    }
  }
  return {
    brightness: cells === 0 ? 255 : sum / cells,
    detail: pairs === 0 ? 255 : differences / pairs,
  };
}
