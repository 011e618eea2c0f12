import {
  MappingType,
  type SpecialValueMap,
  SpecialValueMatch,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  ACTIVITIES,
  type Activity,
  type CameraState,
  QUALITIES,
  type Quality,
  type SensorState,
  TARGETS,
  type Target,
} from "../gateway/terms.ts";

/**
 * Colours and words, the same as on the live page (`flows/live/`). The colours are Okabe and Ito's, told apart by
 * every kind of colour vision (https://jfly.uni-koeln.de/color/); and none stands alone, there is always a word.
 */
export const COLOURS = {
  focus: "#0072b2",
  /** Not known: neither good nor bad, and never the colour of something that was measured. */
  unknown: "#8c99a5",
  calm: "#0072b2",
  mild: "#e69f00",
  strong: "#d55e00",
  fine: "#009e73",
  quiet: "#56b4e9",
} as const;

interface Look {
  readonly word: string;
  readonly colour: string;
}

export const TARGET_LOOKS: Readonly<Record<Target, Look>> = {
  board: { word: "Board", colour: "#0072b2" },
  desk: { word: "Desk", colour: "#009e73" },
  screen: { word: "Screen", colour: "#56b4e9" },
  peer: { word: "Each other", colour: "#cc79a7" },
  away: { word: "Elsewhere", colour: "#e69f00" },
};

export const ACTIVITY_LOOKS: Readonly<Record<Activity, Look>> = {
  lecture: { word: "Lecture", colour: "#0072b2" },
  seatwork: { word: "Seatwork", colour: "#009e73" },
  group: { word: "Group", colour: "#cc79a7" },
  exam: { word: "Exam", colour: "#56b4e9" },
  break: { word: "Break", colour: "#b8c1c9" },
};

export const QUALITY_LOOKS: Readonly<Record<Quality, Look>> = {
  ok: { word: "Live", colour: "#009e73" },
  low_coverage: { word: "Not sure: too few seen", colour: "#b8c1c9" },
  suppressed: { word: "Not shown: group too small", colour: "#9aa5af" },
  paused: { word: "Paused", colour: "#7d8994" },
  no_camera: { word: "No camera", colour: "#5c6670" },
};

export const CAMERA_LOOKS: Readonly<Record<CameraState, Look>> = {
  ok: { word: "works", colour: "#009e73" },
  opening: { word: "starts", colour: "#56b4e9" },
  paused: { word: "paused", colour: "#8c99a5" },
  ended: { word: "film ended", colour: "#b8c1c9" },
  moved: { word: "looks elsewhere", colour: "#f0e442" },
  dark: { word: "too dark", colour: "#e69f00" },
  black: { word: "black", colour: "#e69f00" },
  covered: { word: "covered", colour: "#e69f00" },
  frozen: { word: "same picture again and again", colour: "#e69f00" },
  stalled: { word: "no pictures", colour: "#e69f00" },
  lost: { word: "lost", colour: "#d55e00" },
};

export const SENSOR_LOOKS: Readonly<Record<SensorState, Look>> = {
  ok: { word: "works", colour: "#009e73" },
  opening: { word: "starts", colour: "#56b4e9" },
  paused: { word: "paused", colour: "#8c99a5" },
  low_battery: { word: "battery low", colour: "#f0e442" },
  stale: { word: "silent", colour: "#e69f00" },
  stuck: { word: "same value again and again", colour: "#e69f00" },
  implausible: { word: "cannot be right", colour: "#e69f00" },
  lost: { word: "lost", colour: "#d55e00" },
};

/** What stands where there is nothing to say. Never a zero. */
export const UNKNOWN = "unknown";
export const NO_NEWS = "no news";

const unknownValue = (text: string): SpecialValueMap => ({
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text, color: COLOURS.unknown, index: 99 } },
});

export const mapUnknown = (text = UNKNOWN): ValueMapping[] => [unknownValue(text)];

/** Words for ranges of a number, from the first bound upwards: `[[0, "fine", colour], [1000, "stuffy", colour]]`. */
export const mapRanges = (
  steps: readonly (readonly [number, string, string])[],
  unknown = UNKNOWN,
): ValueMapping[] => [
  ...steps.map(([from, text, color], index) => ({
    type: MappingType.RangeToText as const,
    // Grafana's ranges hold both ends: without the gap, the bound itself would be in two.
    options: {
      from,
      to: steps[index + 1] ? below(steps[index + 1]![0]) : null,
      result: { text, color, index },
    },
  })),
  unknownValue(unknown),
];

const below = (bound: number) => Number((bound - 1e-6).toPrecision(12));

export const mapWords = (looks: Readonly<Record<string, Look>>, unknown = NO_NEWS): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(looks).map(([value, { word, colour }], index) => [
        value,
        { text: word, color: colour, index },
      ]),
    ),
  },
  unknownValue(unknown),
];

/** Carbon dioxide, ppm: comfort, and no claim about attention (docs/grafana.md). */
export const AIR_BANDS = [
  [0, "Fresh", COLOURS.calm],
  [1000, "Stuffy: open a window soon", COLOURS.mild],
  [1400, "Air the room now", COLOURS.strong],
] as const;

/** Sound level, dB. */
export const NOISE_BANDS = [
  [0, "Quiet", COLOURS.calm],
  [50, "Lively", COLOURS.quiet],
  [65, "Loud", COLOURS.mild],
] as const;

/** What a teacher might try, by the mean of the last minutes; the levels are the live page's. */
export const IDEAS = [
  [0, "Try a short break, or something to do", COLOURS.mild],
  [0.45, "Try a question to all, or a minute in pairs", COLOURS.quiet],
  [0.65, "Go on: most are with you", COLOURS.calm],
] as const;

export { ACTIVITIES, QUALITIES, TARGETS };
