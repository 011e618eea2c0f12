import type { z } from "zod";
import type { recordOptions } from "../../gateway/record/record.ts";
import type { Message } from "../../gateway/terms.ts";

/** What a child gateway is told to do. */
export interface Order {
  readonly folder: string;
  /** Left out: the embedded broker. */
  readonly broker?: string;
  readonly brokerPort?: number;
  readonly record?: z.input<typeof recordOptions>;
  readonly root?: string;
  readonly name?: string;
  readonly send?: {
    from: number;
    count: number;
    atOnce?: number;
    perSecond?: number;
    kind?: "window" | "reading";
    /** Not saying which have been taken in: that costs as much as taking them in. */
    silent?: boolean;
  };
  readonly spool?: { maximumMegabytes?: number; commitMilliseconds?: number };
  /** Collect garbage before saying how much memory is used. */
  readonly cleanUp?: boolean;
  readonly logLevel?: "error" | "warn" | "info" | "debug";
}

export const ROOT = "classroom/v1/north/101";
/** The end of window 0. */
export const START = Date.UTC(2026, 10, 23, 9);
export const timeOf = (number: number) => START + number * 1000;

/** A window as the gateway publishes it, which tells its number by its time and by `heads`. */
export function windowMessage(number: number): Message {
  return { topic: "focus", kind: "focus", retain: false, payload: windowPayload(number) };
}

export function windowPayload(number: number, time = timeOf(number)): string {
  return JSON.stringify({
    time: new Date(time).toISOString(),
    window_s: 1,
    focus: 0.7235,
    low: 0.61,
    high: 0.8124,
    coverage: 0.9583,
    heads: number,
    expected: 24,
    targets: { board: 0.5, desk: 0.2235, screen: 0, peer: 0.2, away: 0.0765 },
    shifts_per_min: 3.25,
    synchrony: 0.41,
    activity: "lecture",
    lesson: "Maths",
    quality: "ok",
    model: "geometric@0a1b2c3d",
    provider: "cpu:int8",
  });
}

/** A sensor's measurement, which is most of what a room says. */
export function readingMessage(number: number): Message {
  const time = new Date(timeOf(number)).toISOString();
  const payload = JSON.stringify({ time, value: number, unit: "[ppm]", quality: "ok" });
  return { topic: "sensor/co2-1/co2", kind: "environment", retain: false, payload };
}
