import { z } from "zod";
import { failure, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { MqttConnection } from "../mqtt.ts";
import { ACTIVITIES, type Activity, type Clock } from "../terms.ts";
import { topics } from "./topics.ts";

/** What a teacher, or a flow, tells the gateway. */
export type Control =
  | { readonly kind: "activity"; readonly activity: Activity; readonly lesson?: string | undefined }
  | { readonly kind: "pause"; readonly paused: boolean; readonly minutes?: number | undefined }
  | { readonly kind: "mark"; readonly text: string };

/** One line of text: control characters could play tricks on whoever shows it. */
const line = () =>
  z
    .string()
    .transform((text) => text.replace(/[\p{C}\s]+/gu, " ").trim())
    .pipe(z.string().min(1).max(80));

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
  throw new Error(result.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; "));
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

/** Listens for `set/…` on a connection until that is closed. Call it in the turn that opened the connection. */
export function listenForControls(
  connection: MqttConnection,
  { root, handler }: ControlsOptions,
  { log, clock }: { log: Logger; clock: Clock },
): void {
  let minute = Number.NEGATIVE_INFINITY;
  let complaints = 0;

  function complain(topic: string, error: unknown): void {
    if (clock.elapsed() - minute > 60_000) {
      minute = clock.elapsed();
      complaints = 0;
    }
    complaints += 1;
    if (complaints > COMPLAINTS_A_MINUTE) return;
    const problem = failure("CONTROL_INVALID", { topic, problem: reason(error) }, error);
    log.warn({ code: problem.code }, problem.message);
  }

  connection.onMessage(async (topic, payload, retained) => {
    // An old one that the broker kept was meant for a lesson that is over.
    if (retained) return;
    let control: Control;
    try {
      control = readControl(topic.slice(root.length + 1), payload);
    } catch (error) {
      return complain(topic, error);
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
