import { TARGETS } from "../terms.ts";
import type { Point } from "./sink.ts";

/**
 * What is kept, by measurement. `points.ts` makes points of this shape, the embedded store has columns of it, and
 * `docs/data.md` explains it to people.
 */
export interface Measurement {
  /** Tags that, with the time, make a row what it is: writing the same ones twice leaves one row. */
  readonly key: readonly string[];
  /** Further tags. Their values come from short lists, never from a seat, a track or a person. */
  readonly tags: readonly string[];
  readonly numbers: readonly string[];
  readonly texts: readonly string[];
  /** Whether fields beyond the named ones are kept. Never for what is about people. */
  readonly open: boolean;
}

const window = {
  tags: ["activity", "model", "provider"],
  numbers: [
    "window_s",
    "focus",
    "low",
    "high",
    "coverage",
    "heads",
    "expected",
    ...TARGETS.map((target) => `targets_${target}`),
    "shifts_per_min",
    "synchrony",
  ],
  texts: ["lesson", "quality", "perception"],
  open: false,
} as const;

export const MEASUREMENTS: Readonly<Record<Point["measurement"], Measurement>> = {
  focus: { key: ["site", "room"], ...window },
  zone_focus: { key: ["site", "room", "zone"], ...window },
  environment: {
    key: ["site", "room", "device", "quantity"],
    tags: ["unit"],
    numbers: ["value"],
    texts: ["quality"],
    open: false,
  },
  event: {
    // Two zones can lose focus in the same window: what an event is about is part of what it is.
    key: ["site", "room", "kind", "zone", "device", "quantity"],
    tags: ["unit", "activity", "model", "provider"],
    numbers: ["count"],
    texts: ["text"],
    open: true,
  },
  gateway_health: {
    key: ["site", "room"],
    tags: ["model", "provider"],
    numbers: [],
    texts: ["version"],
    open: true,
  },
};
