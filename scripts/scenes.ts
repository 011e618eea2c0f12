import type { Activity, Quality } from "../gateway/terms.ts";

/** A message under the room's root. */
export interface Said {
  readonly topic: string;
  readonly payload: object;
}

export interface Scene {
  readonly shapes: readonly ("desktop" | "phone")[];
  readonly language?: "en" | "zh";
  readonly scheme?: "light" | "dark";
  readonly query?: string;
  /** What is said after the lesson so far, at `now` (ms). */
  says(now: number): Said[];
  /** The state in which the page is then. */
  readonly shown: string;
}

const MINUTE = 60_000;
const iso = (time: number) => new Date(time).toISOString();

interface Known {
  readonly focus: number;
  readonly activity?: Activity;
}

export function window(time: number, { focus, activity = "lecture" }: Known, quality: Quality = "ok"): Said {
  const isKnown = quality === "ok";
  const away = (1 - focus) * 0.45;
  const onTask = { board: focus * 0.72, desk: focus * 0.28, screen: 0, peer: 1 - focus - away, away };
  const inGroups = { board: 0.04, desk: focus * 0.45, screen: 0, peer: focus * 0.55, away: 1 - focus - 0.04 };
  return {
    topic: "focus",
    payload: {
      time: iso(time),
      window_s: 60,
      focus: isKnown ? focus : null,
      low: isKnown ? Math.max(focus - 0.11, 0) : null,
      high: isKnown ? Math.min(focus + 0.08, 1) : null,
      coverage: isKnown ? 0.92 : null,
      heads: isKnown ? 22 : null,
      expected: quality === "suppressed" ? null : 24,
      targets: isKnown ? (activity === "group" ? inGroups : onTask) : null,
      shifts_per_min: isKnown ? 2.6 : null,
      synchrony: isKnown ? 0.48 : null,
      activity,
      lesson: "Light and shadow",
      quality,
      model: "attention@12345678",
      provider: "cpu:int8",
    },
  };
}

const event = (time: number, kind: string, about: object = {}): Said => ({
  topic: `event/${kind}`,
  payload: { time: iso(time), kind, ...about },
});

export const reading = (time: number, quantity: string, value: number, unit: string): Said => ({
  topic: `sensor/air-1/${quantity}`,
  payload: { time: iso(time), value, unit, quality: "ok" },
});

export const healthOf = (time: number, changes: object = {}): Said => ({
  topic: "gateway/health",
  payload: {
    time: iso(time),
    frames_per_second: 5,
    cameras: { front: "ok" },
    sensors: { "air-1": "ok" },
    shut: null,
    ...changes,
  },
});

/** Half an hour of a lesson: a lecture with a dip that comes back after a question, then work in groups, then a lecture. */
export function lessonUntil(now: number): Said[] {
  const said: Said[] = [];
  for (let back = 31; back >= 1; back--) {
    const wave = 0.035 * Math.sin(back * 1.7) + 0.02 * Math.sin(back * 4.1);
    const dip = back <= 24 && back >= 20 ? 0.36 - 0.07 * Math.abs(back - 22) : 0;
    const activity = back <= 17 && back > 8 ? "group" : "lecture";
    said.push(
      window(now - back * MINUTE, { focus: (activity === "group" ? 0.7 : 0.82) + wave - dip, activity }),
    );
  }
  return [
    ...said,
    event(now - 22.5 * MINUTE, "focus_drop"),
    event(now - 19.2 * MINUTE, "focus_recovered"),
    event(now - 17 * MINUTE, "mark", { text: "experiment starts" }),
    reading(now, "co2", 860, "[ppm]"),
    reading(now, "noise", 54, "dB[SPL]"),
    reading(now, "temperature", 21.5, "Cel"),
  ];
}

const both = ["desktop", "phone"] as const;
const lecture = (now: number) => [window(now, { focus: 0.78 })];

export const scenes: Readonly<Record<string, Scene>> = {
  lecture: { shapes: both, shown: "ok", says: lecture },
  drop: {
    shapes: both,
    shown: "ok",
    says: (now) => [
      window(now - 2 * MINUTE, { focus: 0.47 }),
      window(now - MINUTE, { focus: 0.36 }),
      window(now, { focus: 0.31 }),
      event(now - MINUTE, "focus_drop"),
      reading(now, "co2", 1480, "[ppm]"),
      event(now, "suggestion", {
        about: "change",
        text: "Work on it in groups for a while?",
        activity: "group",
        source: "maths tutor",
      }),
    ],
  },
  paused: {
    shapes: both,
    shown: "paused",
    says: (now) => [
      window(now, { focus: 0 }, "paused"),
      healthOf(now, { cameras: { front: "paused" }, shut: "teacher: it was paused" }),
    ],
  },
  timetable: {
    shapes: ["desktop"],
    shown: "paused",
    says: (now) => [
      window(now, { focus: 0 }, "paused"),
      healthOf(now, {
        cameras: { front: "paused" },
        shut: "timetable: there is no lesson in the timetable now",
      }),
    ],
  },
  no_camera: {
    shapes: both,
    shown: "no_camera",
    says: (now) => [window(now, { focus: 0 }, "no_camera"), healthOf(now, { cameras: { front: "covered" } })],
  },
  suppressed: { shapes: both, shown: "suppressed", says: (now) => [window(now, { focus: 0 }, "suppressed")] },
  low_coverage: {
    shapes: ["desktop"],
    shown: "low_coverage",
    says: (now) => [window(now, { focus: 0 }, "low_coverage")],
  },
  break: {
    shapes: ["desktop"],
    shown: "break",
    says: (now) => [window(now, { focus: 0.5, activity: "break" })],
  },
  chinese: { shapes: both, language: "zh", shown: "ok", says: lecture },
  "chinese-paused": {
    shapes: ["desktop"],
    language: "zh",
    shown: "paused",
    says: (now) => [
      window(now, { focus: 0 }, "paused"),
      healthOf(now, { cameras: { front: "paused" }, shut: "teacher: it was paused" }),
    ],
  },
  kiosk: { shapes: ["desktop"], query: "?kiosk", shown: "ok", says: lecture },
  dark: { shapes: ["desktop"], scheme: "dark", shown: "ok", says: lecture },
};
