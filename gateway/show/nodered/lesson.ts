import { z } from "zod";
import { ACTIVITIES, QUALITIES, READING_QUALITIES, TARGETS } from "../../terms.ts";
import { type Counts, type WhyWords, whyOf } from "./why.ts";

const share = z.number().min(0).max(1).nullable().default(null);

/** The payload of `focus`, as far as the page shows it; whatever else stands in it goes no further. */
const windowPayload = z.object({
  time: z.iso.datetime(),
  window_s: z.number().positive(),
  focus: share,
  low: share,
  high: share,
  coverage: share,
  heads: z.number().nullable().default(null),
  expected: z.number().nullable().default(null),
  targets: z.record(z.enum(TARGETS), z.number()).nullable().default(null),
  shifts_per_min: z.number().nullable().default(null),
  synchrony: share,
  activity: z.enum(ACTIVITIES),
  lesson: z.string().nullable().default(null),
  quality: z.enum(QUALITIES),
  model: z.string().nullable().default(null),
  provider: z.string().nullable().default(null),
});
type WindowPayload = z.infer<typeof windowPayload>;

const eventPayload = z.object({
  time: z.iso.datetime(),
  kind: z.string(),
  text: z.string().max(200).default(""),
  /** Of a notice or a suggestion: what it is about, who says so, and what might be done. */
  about: z.string().max(40).optional(),
  source: z.string().max(40).optional(),
  activity: z.enum(ACTIVITIES).optional().catch(undefined),
  /** Who paused, or had it go on. */
  by: z.string().max(40).optional(),
});

const sensorPayload = z.object({
  time: z.iso.datetime(),
  value: z.number().nullable(),
  unit: z.string(),
  quality: z.enum(READING_QUALITIES),
});

const healthPayload = z.object({
  frames_per_second: z.number().nullable().optional(),
  cameras: z.record(z.string(), z.string()).optional(),
  sensors: z.record(z.string(), z.string()).optional(),
  /** Who keeps the cameras shut, and why: `timetable: …`. */
  shut: z.string().max(300).nullable().default(null),
});

/** A point of the lesson's course: what the chart needs of a window. */
interface Point extends Pick<WindowPayload, "focus" | "low" | "high" | "activity" | "lesson" | "quality"> {
  /** The window's end, milliseconds since the Unix epoch. */
  readonly time: number;
  readonly seconds: number;
}

interface LessonEvent extends Omit<z.infer<typeof eventPayload>, "time"> {
  readonly time: number;
}

/** What a sensor said last. */
interface AirReading extends Omit<z.infer<typeof sensorPayload>, "time"> {
  readonly device: string;
  readonly quantity: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A message to the page. `now` is this machine's time, by which the page corrects its own clock. */
export interface PageMessage {
  readonly topic: "history" | "focus" | "event" | "air" | "health" | "state";
  readonly payload: unknown;
  readonly now: number;
}

/** A message to the gateway. */
export interface Publication {
  readonly topic: string;
  readonly payload: string;
}

const requests = z.discriminatedUnion("topic", [
  z.object({ topic: z.literal("activity"), payload: z.enum(ACTIVITIES) }),
  z.object({ topic: z.literal("pause"), payload: z.boolean() }),
  z.object({ topic: z.literal("mark"), payload: z.string().trim().max(80) }),
]);

/** What a mark without a note says: the gateway wants a text. The page shows the flag alone. */
const plainMark = "mark";

const historyMs = 2 * 60 * 60 * 1000;
const eventLimit = 200;
/** Devices times quantities; more than a room has. */
const airLimit = 100;
/** CO₂ over the last two hours, if there is one meter that speaks every five seconds. */
const co2Limit = 1_440;

/**
 * What the live page knows: the last two hours of windows, marks and events, so that a browser opened in the middle of
 * a lesson shows all of it. Kept in memory only. The flow hands it every message and passes on what it returns.
 */
export class Lesson {
  readonly #room: string;
  readonly #topics: string;
  readonly #counts: Counts;
  readonly #words: Readonly<Record<string, WhyWords>>;
  readonly #now: () => number;
  #course: Point[] = [];
  #events: LessonEvent[] = [];
  /** By device and quantity. */
  readonly #air = new Map<string, AirReading>();
  #co2: AirReading[] = [];
  #latest: { window: WindowPayload; heard: number } | null = null;
  #health: unknown = null;
  #state: string | null = null;

  /** `words`: by language, how the number is explained. */
  constructor(
    room: string,
    topics: string,
    counts: Counts,
    words: Readonly<Record<string, WhyWords>>,
    now: () => number,
  ) {
    this.#room = room;
    this.#topics = topics;
    this.#counts = counts;
    this.#words = words;
    this.#now = now;
  }

  /** A message from the broker; gives what all open pages should be told, or null. */
  hear(topic: string, payload: string): PageMessage | null {
    const name = topic.slice(this.#topics.length + 1);
    if (name === "focus") return this.#hearWindow(payload);
    if (name.startsWith("event/")) return this.#hearEvent(payload);
    if (name.startsWith("sensor/")) return this.#hearSensor(name, payload);
    if (name === "gateway/health") {
      const health = healthPayload.safeParse(parsed(payload)).data;
      if (!health) return null;
      this.#health = health;
      return this.#tell("health", health);
    }
    if (name === "gateway/state") {
      this.#state = payload;
      return this.#tell("state", payload);
    }
    return null;
  }

  /** Everything so far, for a page that has just been opened. */
  history(): PageMessage {
    return this.#tell("history", {
      room: this.#room,
      course: this.#course,
      events: this.#events,
      air: [...this.#air.values()],
      co2: this.#co2,
      window: this.#latest?.window ?? null,
      why: this.#latest ? this.#why(this.#latest.window) : {},
      heard: this.#latest?.heard ?? null,
      health: this.#health,
      state: this.#state,
    });
  }

  /** What a tap on the page means for the gateway; null when it means nothing (a page is never trusted). */
  ask(topic: string, payload: unknown): Publication | null {
    const request = requests.safeParse({ topic, payload }).data;
    if (!request) return null;
    const body =
      request.topic === "activity"
        ? { activity: request.payload }
        : request.topic === "pause"
          ? { paused: request.payload }
          : { text: request.payload || plainMark };
    return { topic: `${this.#topics}/set/${request.topic}`, payload: JSON.stringify(body) };
  }

  #hearWindow(payload: string): PageMessage | null {
    const window = windowPayload.safeParse(parsed(payload)).data;
    if (!window) return null;
    const heard = this.#now();
    this.#latest = { window, heard };
    const { focus, low, high, activity, lesson, quality } = window;
    const time = Date.parse(window.time);
    const point = { time, seconds: window.window_s, focus, low, high, activity, lesson, quality };
    // A window that comes twice (QoS 1) counts once.
    const others = this.#course.filter((other) => other.time !== time && other.time > time - historyMs);
    this.#course = [...others, point].sort((a, b) => a.time - b.time);
    return this.#tell("focus", { window, point, heard, why: this.#why(window) });
  }

  #hearEvent(payload: string): PageMessage | null {
    const event = eventPayload.safeParse(parsed(payload)).data;
    if (!event) return null;
    const { kind } = event;
    const time = Date.parse(event.time);
    const others = this.#events.filter((other) => other.time !== time || other.kind !== kind);
    const mine = { ...event, time };
    this.#events = [...others.filter((other) => other.time > time - historyMs), mine].slice(-eventLimit);
    return this.#tell("event", mine);
  }

  #hearSensor(name: string, payload: string): PageMessage | null {
    const [, device, quantity, ...rest] = name.split("/");
    const said = sensorPayload.safeParse(parsed(payload)).data;
    if (!said || !device || !quantity || rest.length > 0) return null;
    const key = `${device}/${quantity}`;
    if (!this.#air.has(key) && this.#air.size >= airLimit) return null;
    const reading = { ...said, device, quantity, time: Date.parse(said.time) };
    this.#air.set(key, reading);
    if (quantity === "co2") {
      const since = reading.time - historyMs;
      this.#co2 = [...this.#co2.filter(({ time }) => time > since), reading].slice(-co2Limit);
    }
    return this.#tell("air", reading);
  }

  /** By language, the sentences that explain a window's number. */
  #why(window: WindowPayload): Record<string, string[]> {
    const inEach = Object.entries(this.#words).map(([language, words]) => [
      language,
      whyOf(window, this.#counts, words),
    ]);
    return Object.fromEntries(inEach);
  }

  #tell(topic: PageMessage["topic"], payload: unknown): PageMessage {
    return { topic, payload, now: this.#now() };
  }
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
