import { z } from "zod";
import { failure, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { MqttConnection } from "../mqtt.ts";
import { ACTIVITIES, type Activity, type Clock } from "../terms.ts";
import { problemsOf, textOf } from "../yaml.ts";
import { topics } from "./topics.ts";

/** What a teacher, or a flow, tells the gateway. */
export type Control =
  | { readonly kind: "activity"; readonly activity: Activity; readonly lesson?: string | undefined }
  | { readonly kind: "pause"; readonly paused: boolean; readonly minutes?: number | undefined }
  | { readonly kind: "mark"; readonly text: string }
  | ({ readonly kind: "notice" | "suggestion"; readonly activity?: Activity | undefined } & Said);

/** What a flow, or a program such as a tutor, would like the teacher to see. It is shown; nothing is changed by it. */
interface Said {
  /** A word by which pages and flows know what it is about: `air`, `rest`, `summary`. */
  readonly about: string;
  readonly text: string;
  /** Who says so, in their own words. */
  readonly source: string;
}

/** One line of text: control characters could play tricks on whoever shows it. */
const line = (longest = 80) =>
  z
    .string()
    .transform((text) => text.replace(/[\p{C}\s]+/gu, " ").trim())
    .pipe(z.string().min(1).max(longest));

const said = {
  about: z
    .string()
    .regex(/^[a-z][a-z_]{0,31}$/, "small letters and _ only, 32 at most")
    .default("flow"),
  text: line(160),
  source: line(40).default("flow"),
};

const SWITCH: Readonly<Record<string, boolean>> = { on: true, true: true, off: false, false: false };

interface Reader {
  readonly schema: z.ZodType<Control>;
  /** The object that a bare word stands for. */
  readonly word: (text: string) => unknown;
}

const READERS: Readonly<Record<string, Reader>> = {
  [topics.setActivity]: {
    schema: z
      .strictObject({ activity: z.enum(ACTIVITIES), lesson: line().optional() })
      .transform((given): Control => ({ kind: "activity", ...given })),
    word: (activity) => ({ activity }),
  },
  [topics.setPause]: {
    schema: z
      .strictObject({ paused: z.boolean("on or off"), minutes: z.number().positive().max(1440).optional() })
      .transform((given): Control => ({ kind: "pause", ...given })),
    word: (text) => ({ paused: SWITCH[text.toLowerCase()] }),
  },
  [topics.setMark]: {
    schema: z.strictObject({ text: line() }).transform((given): Control => ({ kind: "mark", ...given })),
    word: (text) => ({ text }),
  },
  [topics.setNotice]: {
    schema: z.strictObject(said).transform((given): Control => ({ kind: "notice", ...given })),
    word: (text) => ({ text }),
  },
  [topics.setSuggestion]: {
    schema: z
      .strictObject({ ...said, activity: z.enum(ACTIVITIES).optional() })
      .transform((given): Control => ({ kind: "suggestion", ...given })),
    word: (text) => ({ text }),
  },
};

const LONGEST_BYTES = 1024;

/** A message, by its topic under the room's root, read as a control. Throws an Error that says what is wrong with it. */
export function readControl(topic: string, payload: Buffer): Control {
  const reader = READERS[topic];
  if (!reader) throw new Error("there is nothing to set under this topic");
  if (payload.length > LONGEST_BYTES) throw new Error(`it is longer than ${LONGEST_BYTES} bytes`);
  const text = payload.toString("utf8").trim();
  const result = reader.schema.safeParse(parseObject(text) ?? reader.word(text));
  if (result.success) return result.data;
  throw new Error(problemsOf(result.error).map(textOf).join("; "));
}

/** The JSON object in the text; null when it is anything else, for people type `lecture` and not {"activity":"lecture"}. */
function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

export interface ControlsOptions {
  /** `classroom/v1/{site}/{room}`. */
  readonly root: string;
  readonly handler: (control: Control) => void | Promise<void>;
}

/** Complaints logged in a minute at most: a device gone mad shall not fill the log. */
const COMPLAINTS_A_MINUTE = 5;
/** Of each kind, so that a flow gone mad neither fills the record nor buries what the teacher has to see. */
const CONTROLS_A_MINUTE: Readonly<Record<Control["kind"], number>> = {
  activity: 60,
  pause: 60,
  mark: 60,
  notice: 12,
  suggestion: 12,
};

/** Listens for `set/…` on a connection until that is closed. Call it in the turn that opened the connection. */
export function listenForControls(
  connection: MqttConnection,
  { root, handler }: ControlsOptions,
  { log, clock }: { log: Logger; clock: Clock },
): void {
  const mayComplain = atMost(COMPLAINTS_A_MINUTE, clock);
  const mayTell = Object.fromEntries(
    Object.entries(CONTROLS_A_MINUTE).map(([kind, most]) => [kind, atMost(most, clock)]),
  );

  function complain(topic: string, error: unknown): void {
    if (!mayComplain()) return;
    const problem = failure("CONTROL_INVALID", { topic, problem: reason(error) }, error);
    log.warn({ code: problem.code }, problem.message);
  }

  connection.onMessage(async (topic, payload, retained) => {
    if (payload.length === 0) return; // Somebody took a retained one back.
    let control: Control;
    try {
      control = readControl(topic.slice(root.length + 1), payload);
    } catch (error) {
      return complain(topic, error);
    }
    if (retained && !lasts(control)) return;
    if (!mayTell[control.kind]!()) {
      const most = CONTROLS_A_MINUTE[control.kind];
      return complain(topic, new Error(`there were more than ${most} in a minute`));
    }
    try {
      await handler(control);
    } catch (error) {
      // Not rejected: the broker would send it again, to the same end.
      log.error({ err: error }, `a control could not be carried out: ${reason(error)}`);
    }
  });
  connection.subscribe(`${root}/set/+`).catch((error) => log.warn({ code: error.code }, reason(error)));
}

/**
 * What the broker has kept was meant for a lesson that is over; but a pause without an end holds until it is taken back,
 * also for a gateway that was away when it was said.
 */
const lasts = (control: Control): boolean =>
  control.kind === "pause" && control.paused && control.minutes === undefined;

/** True for the first `most` calls of a minute. */
function atMost(most: number, clock: Clock): () => boolean {
  let minute = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    if (clock.elapsed() - minute > 60_000) {
      minute = clock.elapsed();
      count = 0;
    }
    count += 1;
    return count <= most;
  };
}
