/**
 * The vocabulary: what travels on the arrows of the flow, with units.
 *
 *   capture ──Frame──▶ perceive ──View──▶ attend ──Attention──▶ protect ──Window──▶ publish ──Message──▶ record
 *
 * Times are milliseconds since the Unix epoch (UTC). Angles are degrees. Shares and probabilities are 0–1.
 */

/** What a student's head can be turned to. `away` is everything that is none of the others. */
export const TARGETS = ["board", "desk", "screen", "peer", "away"] as const;
export type Target = (typeof TARGETS)[number];

/** A distribution over targets; the values sum to 1. */
export type TargetShares = Readonly<Record<Target, number>>;

/** What the class is doing, as the teacher (or a flow) says it. It decides which targets count as focus. */
export const ACTIVITIES = ["lecture", "seatwork", "group", "exam", "break"] as const;
export type Activity = (typeof ACTIVITIES)[number];

/**
 * One picture from one camera. Named only under `eye/`: pixels never leave the process that captured them.
 * `rgb` is packed 8-bit RGB, row by row from the top left: `width * height * 3` bytes.
 */
export interface Frame {
  readonly camera: string;
  /** Counts frames of this camera from 0; gaps are frames that were dropped because a later one was there. */
  readonly sequence: number;
  /** When the light was captured, as near as the driver can know. */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  /** What a scripted lesson says is going on. Only the simulated camera knows. */
  readonly cue?: Cue;
  /** Name of the file it was read from, where every frame has one of its own. */
  readonly file?: string;
}

/** A scripted lesson's own word on what the class is doing, standing in for the teacher. */
export interface Cue {
  readonly activity: Activity;
  readonly lesson: string;
  /** Whether the script has the windows open. */
  readonly airing?: boolean;
}

/** A box in a picture, in shares of its width and height: 0–1, from the top left. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Which way a head is turned, in degrees, as the camera sees it; all zero is a face straight into the lens.
 *  - yaw > 0: the nose points to the right-hand side of the picture (the student turns to their own left);
 *  - pitch > 0: the nose points up;
 *  - roll > 0: the head is tilted clockwise in the picture (its crown to the right-hand side).
 */
export interface HeadPose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** One head in one picture. There is nothing in it by which a person could be recognised. */
export interface Face extends HeadPose {
  readonly box: Box;
  /** The detector's confidence, 0–1. */
  readonly score: number;
  /** Probability that the eyes are open, or null when the face is too small or too far turned to tell. */
  readonly eyesOpen: number | null;
}

/** A face that the tracker has put into a seat. Seats are numbered anew at every start; they name a place, not a person. */
export interface SeatedFace extends Face {
  readonly seat: number;
}

/** What runs a network: execution provider and the precision of its weights. */
export interface Engine {
  readonly provider: "cpu" | "cuda" | "tensorrt";
  readonly precision: "float32" | "float16" | "int8";
}

/** Everything the eye says about one picture. This, and not the picture, crosses the process boundary. */
export interface View {
  readonly camera: string;
  readonly sequence: number;
  readonly time: number;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly SeatedFace[];
  /** Places that were occupied a moment ago and where no face was found in this picture. */
  readonly missing: readonly number[];
  readonly engine: Engine;
  /** Mean brightness of what no mask hides, 0–1, where the camera is judged by it. */
  readonly brightness?: number;
  /** Milliseconds each step took. */
  readonly took: {
    readonly capture: number;
    readonly detect: number;
    readonly pose: number;
    readonly total: number;
  };
  readonly cue?: Cue;
  readonly file?: string;
}

/**
 * How a camera is doing. Everything but `ok` is published as such and never as inattention: nothing is looked for in its
 * pictures. The exception is `moved`, a warning: its pictures are looked at, unless a mask was drawn for where it was.
 */
export const CAMERA_STATES = [
  "opening",
  "ok",
  /** No picture comes. */
  "stalled",
  /** The same picture comes again and again. */
  "frozen",
  "black",
  "dark",
  /** Light without anything in it. */
  "covered",
  /** It looks elsewhere than it did. */
  "moved",
  "lost",
  "ended",
  "paused",
] as const;
export type CameraState = (typeof CAMERA_STATES)[number];

/** A head that turned from one target to another. */
export interface Shift {
  readonly from: Target;
  readonly to: Target;
  readonly probability: number;
}

/** What one seat attends to at one moment. */
export interface SeatAttention {
  readonly camera: string;
  readonly seat: number;
  readonly targets: TargetShares;
  /** How sure the estimate is of its most likely target, 0–1. */
  readonly confidence: number;
  readonly shift: Shift | null;
}

/** What the seats that one camera sees attend to at one moment. */
export interface Attention {
  readonly camera: string;
  readonly time: number;
  readonly seats: readonly SeatAttention[];
  /**
   * Standard error of a room's share of focus that all its heads have in common (a board direction that is a little
   * off, desks that look like screens), as measured for this model; more heads do not make it smaller.
   */
  readonly roomError: number;
  /** name@sha256-8 of what made the estimate. */
  readonly model: string;
  readonly engine: Engine;
}

/** What a microphone heard over a few seconds. This, and not the sound, crosses the process boundary. */
export interface Sound {
  readonly microphone: string;
  /** When those seconds ended. */
  readonly time: number;
  /** A-weighted, in dB relative to digital full scale; -Infinity when there was no sound at all. */
  readonly level: number;
  /** Share of the time, 0–1, in which the sound rose and fell as speech does; null before that can be told. */
  readonly speech: number | null;
}

export {
  isReliable,
  READING_QUALITIES,
  RELIABLE,
  type Reading,
  type ReadingQuality,
  SENSOR_STATES,
  type SensorState,
} from "./reading.ts";

export const QUALITIES = ["ok", "low_coverage", "suppressed", "paused", "no_camera"] as const;
export type Quality = (typeof QUALITIES)[number];

/** What a window says. Only `protect` can turn one into a `Window`. */
export interface WindowFacts {
  /** The window's end. */
  readonly time: number;
  readonly windowSeconds: number;
  /** Share of visible heads on the targets that the activity expects; null unless quality is `ok`. */
  readonly focus: number | null;
  /** 95 % interval of `focus`. */
  readonly low: number | null;
  readonly high: number | null;
  /** Share of expected head-time that was seen; null where that would tell the size of a group below the minimum. */
  readonly coverage: number | null;
  /** Mean number of heads seen at a time, rounded; null where it is below the minimum group. */
  readonly heads: number | null;
  readonly expected: number | null;
  readonly targets: TargetShares | null;
  /** Shifts of attention per head and minute. */
  readonly shiftsPerMinute: number | null;
  /** Probability that two heads picked at random attend to the same target at the same moment. */
  readonly synchrony: number | null;
  readonly activity: Activity;
  readonly lesson: string | null;
  readonly quality: Quality;
  /** What says what heads attend to, and what finds and reads the heads: each name@sha256-8. */
  readonly model: string;
  readonly perception: string;
  readonly engine: Engine;
}

declare const protectedByConstruction: unique symbol;

/**
 * The room over a few seconds: the only thing about people that may be published. The brand has no runtime form;
 * `protect/window.ts` is the one file that casts to it (asserted by `test/house.test.ts`).
 */
export type Window = WindowFacts & { readonly [protectedByConstruction]: true };

/** How dear a message is when disk runs out: the last of these goes first. */
export const MESSAGE_CLASSES = ["focus", "event", "environment", "health"] as const;
export type MessageClass = (typeof MESSAGE_CLASSES)[number];

/** A message on its way to the broker. */
export interface Message {
  /** Under `classroom/v1/{site}/{room}/`: `focus`, `sensor/co2-1/co2`, … */
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly kind: MessageClass;
}

/** What was said about the room, by topic under its root: a message that was published, whichever way. */
export type Said = Pick<Message, "topic" | "payload">;

/** The clock is passed in, so that tests own time. `now` is wall-clock ms; `elapsed` is monotonic ms. */
export interface Clock {
  now(): number;
  elapsed(): number;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
