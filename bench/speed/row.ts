/** A goal of the project's, and whether this run met it. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

/** One measured figure. */
export interface Row {
  readonly what: string;
  readonly value: number;
  /** `ms`, `MB`, `frames/s`, `× float32`, … */
  readonly unit: string;
  readonly goal?: Goal;
  /** What the figure does not say by itself. */
  readonly note?: string;
}

/** A part of the bench: its rows, or why it was left out here. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly skipped?: string;
  /** Lines to be drawn, by name: points of (x, y). */
  readonly curves?: readonly Curve[];
}

export interface Curve {
  readonly plot: string;
  /** What the axes say. */
  readonly across: string;
  readonly up: string;
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export const atLeast = (value: number, least: number, unit = ""): Goal => ({
  text: `≥ ${least}${unit}`,
  met: value >= least,
});

export const atMost = (value: number, most: number, unit = ""): Goal => ({
  text: `≤ ${most}${unit}`,
  met: value <= most,
});
