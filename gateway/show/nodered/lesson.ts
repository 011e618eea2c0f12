import { z } from "zod";
import { ACTIVITIES, type Said } from "../../terms.ts";
import { historyMs, type Played } from "./order.ts";
import {
  type EventPayload,
  eventPayload,
  healthPayload,
  type SensorPayload,
  sensorPayload,
  type WindowPayload,
  windowPayload,
} from "./payloads.ts";
import { type Counts, type WhyWords, whyOf } from "./why.ts";

/** A point of the lesson's course: what the chart needs of a window. */
interface Point extends Pick<WindowPayload, "focus" | "low" | "high" | "activity" | "lesson" | "quality"> {
  /** The window's end, milliseconds since the Unix epoch. */
  readonly time: number;
  readonly seconds: number;
}

interface LessonEvent extends Omit<EventPayload, "time"> {
  readonly time: number;
}

/** What a sensor said last. */
interface AirReading extends Omit<SensorPayload, "time"> {
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

/** What stands on the page, and what changes its buttons; of other kinds there may be so many that they crowd these out. */
const shownKinds = ["mark", "focus_drop", "focus_recovered", "notice", "suggestion"];
const toldKinds = [...shownKinds, "activity", "paused", "resumed"];
const eventLimit = 200;
/** Devices times quantities; more than a room has. */
const airLimit = 100;

export interface LessonContext {
  readonly room: string;
  readonly played: Played;
  /** `classroom/v1/{site}/{room}` */
  readonly topics: string;
  readonly counts: Counts;
  /** By language, how the number is explained. */
  readonly words: Readonly<Record<string, WhyWords>>;
  /** What was said before this process listened. */
  readonly past: () => Promise<readonly Said[]>;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * What the live page knows: the last two hours of windows, marks and events, so that a browser opened in the middle of
 * a lesson shows all of it. Kept in memory only. The flow hands it every message and passes on what it returns.
 */
export class Lesson {
  readonly #context: LessonContext;
  #course: Point[] = [];
  #events: LessonEvent[] = [];
  /** By device and quantity. */
  readonly #air = new Map<string, AirReading>();
  #latest: { window: WindowPayload; heard: number } | null = null;
  #health: unknown = null;
  #state: string | null = null;

  #recalling: Promise<readonly Said[]> | null = null;

  constructor(context: LessonContext) {
    this.#context = context;
  }

  /** A message from the broker; gives what all open pages should be told, or null. */
  hear(topic: string, payload: string): PageMessage | null {
    return this.#hear(topic.slice(this.#context.topics.length + 1), payload, this.#context.now());
  }

  /** Asks what was said before, and gives what all open pages should be told then. Shared by who asks meanwhile. */
  async recall(): Promise<PageMessage> {
    this.#recalling ??= this.#context.past().finally(() => {
      this.#recalling = null;
    });
    for (const { topic, payload } of await this.#recalling) this.#hear(topic, payload, null);
    return this.history();
  }

  /** `heard`: when; null for what is told again, which was heard when it was said. */
  #hear(name: string, payload: string, heard: number | null): PageMessage | null {
    if (name === "focus") return this.#hearWindow(payload, heard);
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
      room: this.#context.room,
      played: this.#context.played,
      course: this.#course,
      events: this.#events,
      air: [...this.#air.values()],
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
    return { topic: `${this.#context.topics}/set/${request.topic}`, payload: JSON.stringify(body) };
  }

  #hearWindow(payload: string, heardAt: number | null): PageMessage | null {
    const window = windowPayload.safeParse(parsed(payload)).data;
    if (!window) return null;
    const { focus, low, high, activity, lesson, quality } = window;
    const time = Date.parse(window.time);
    const heard = heardAt ?? time;
    if (!this.#latest || time >= Date.parse(this.#latest.window.time)) this.#latest = { window, heard };
    const point = { time, seconds: window.window_s, focus, low, high, activity, lesson, quality };
    // A window that comes twice (QoS 1) counts once.
    const others = this.#course.filter((other) => other.time !== time && other.time > time - historyMs);
    this.#course = [...others, point].sort((a, b) => a.time - b.time);
    return this.#tell("focus", { window, point, heard, why: this.#why(window) });
  }

  #hearEvent(payload: string): PageMessage | null {
    const event = eventPayload.safeParse(parsed(payload)).data;
    if (!event || !toldKinds.includes(event.kind)) return null;
    const { kind } = event;
    const time = Date.parse(event.time);
    const others = this.#events.filter(
      (other) => (other.time !== time || other.kind !== kind) && other.time > time - historyMs,
    );
    const mine = { ...event, time };
    if (shownKinds.includes(kind))
      this.#events = [...others, mine].sort((a, b) => a.time - b.time).slice(-eventLimit);
    return this.#tell("event", mine);
  }

  #hearSensor(name: string, payload: string): PageMessage | null {
    const [, device, quantity, ...rest] = name.split("/");
    const said = sensorPayload.safeParse(parsed(payload)).data;
    if (!said || !device || !quantity || rest.length > 0) return null;
    const key = `${device}/${quantity}`;
    const time = Date.parse(said.time);
    const known = this.#air.get(key);
    if (known ? known.time > time : this.#air.size >= airLimit) return null;
    const reading = { ...said, device, quantity, time };
    this.#air.set(key, reading);
    return this.#tell("air", reading);
  }

  /** By language, the sentences that explain a window's number. */
  #why(window: WindowPayload): Record<string, string[]> {
    const inEach = Object.entries(this.#context.words).map(([language, words]) => [
      language,
      whyOf(window, this.#context.counts, words),
    ]);
    return Object.fromEntries(inEach);
  }

  #tell(topic: PageMessage["topic"], payload: unknown): PageMessage {
    return { topic, payload, now: this.#context.now() };
  }
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
