import type { Activity, Engine, TargetShares, Window, WindowFacts } from "../terms.ts";
import { estimateFocus } from "./interval.ts";
import { type Gathered, meanHeads, meanHeadsOverWindow } from "./room.ts";

/** What is known about a window besides what was seen in it. */
export interface Circumstances {
  /** The window's end, ms. */
  readonly time: number;
  readonly windowSeconds: number;
  readonly activity: Activity;
  readonly lesson: string | null;
  /** Sensing was paused during some of the window. */
  readonly paused: boolean;
  /** How many heads there should be; null when nobody knows yet. */
  readonly expected: number | null;
  readonly minimumGroup: number;
  readonly minimumCoverage: number;
  /** Into how many stretches the window is cut to see whether the cameras looked all along. */
  readonly stretches: number;
  /** Whether anything counts as focus in this activity (nothing does in a break). */
  readonly focusApplies: boolean;
  /** Whether the profile lets more be said than how many heads there are and where they are turned to. */
  readonly inference: boolean;
  readonly model: string;
  readonly perception: string;
  readonly engine: Engine;
}

const UNKNOWN = {
  focus: null,
  low: null,
  high: null,
  coverage: null,
  heads: null,
  targets: null,
  shiftsPerMinute: null,
  synchrony: null,
} as const;

/**
 * Makes the one thing about people that may leave: the room over a window. What is not certain enough, or about too
 * few, comes out as null with the reason, never as inattention.
 */
export function closeWindow(gathered: Gathered, about: Circumstances): Window {
  const { time, windowSeconds, activity, lesson, expected, model, perception, engine } = about;
  const base = { time, windowSeconds, activity, lesson, expected, model, perception, engine };
  if (about.paused) return allow({ ...base, ...UNKNOWN, quality: "paused" });
  if (gathered.cameras.size === 0) return allow({ ...base, ...UNKNOWN, quality: "no_camera" });

  const heads = meanHeads(gathered);
  if (heads < about.minimumGroup || gathered.seats.size < about.minimumGroup) {
    return allow({ ...base, ...UNKNOWN, quality: "suppressed" });
  }

  const headsThroughout = meanHeadsOverWindow(gathered, about.stretches);
  const coverage = Math.min(1, headsThroughout / Math.max(expected ?? 0, heads));
  const seen = { coverage, heads: Math.round(heads) };
  if (coverage < about.minimumCoverage) {
    return allow({ ...base, ...UNKNOWN, ...seen, quality: "low_coverage" });
  }

  const { focus, low, high } =
    about.focusApplies && about.inference
      ? estimateFocus(gathered, { windowSeconds, heads, coverage, headsThroughout })
      : { focus: null, low: null, high: null };
  return allow({
    ...base,
    ...seen,
    focus,
    low,
    high,
    targets: sharesOf(gathered),
    shiftsPerMinute: about.inference ? gathered.shifts / (headsThroughout * (windowSeconds / 60)) : null,
    synchrony: about.inference ? gathered.agreement / gathered.groups : null,
    quality: "ok",
  });
}

function sharesOf({ targets, heads }: Gathered): TargetShares {
  return {
    board: targets.board / heads,
    desk: targets.desk / heads,
    screen: targets.screen / heads,
    peer: targets.peer / heads,
    away: targets.away / heads,
  };
}

/** The only cast to `Window` in the program. */
function allow(facts: WindowFacts): Window {
  return Object.freeze(facts) as Window;
}
