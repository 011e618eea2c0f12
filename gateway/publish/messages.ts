import type { Health } from "../health.ts";
import type { Engine, Message, Reading, TargetShares, Window } from "../terms.ts";
import { topics } from "./topics.ts";

/** Payloads as `docs/mqtt.md` promises them. Fields are only ever added. */

/**
 * The room's window, or that of a zone; `time` where the window's own cannot be relied on. Taking a `Window` and nothing
 * else is what keeps people out of messages.
 */
export function focusMessage(
  window: Window,
  { zone, time = window.time }: { readonly zone?: string; readonly time?: number } = {},
): Message {
  return {
    topic: zone === undefined ? topics.focus : topics.zoneFocus(zone),
    kind: "focus",
    retain: false,
    payload: JSON.stringify({
      time: isoTime(time),
      window_s: window.windowSeconds,
      focus: rounded(window.focus),
      low: rounded(window.low),
      high: rounded(window.high),
      coverage: rounded(window.coverage),
      heads: window.heads,
      expected: window.expected,
      targets: window.targets && roundedTogether(window.targets),
      shifts_per_min: rounded(window.shiftsPerMinute),
      synchrony: rounded(window.synchrony),
      activity: window.activity,
      lesson: window.lesson,
      quality: window.quality,
      model: window.model,
      perception: window.perception,
      provider: engineText(window.engine),
    }),
  };
}

export function sensorMessage(reading: Reading): Message {
  return {
    topic: topics.sensor(reading.device, reading.quantity),
    kind: "environment",
    retain: false,
    payload: JSON.stringify({
      time: isoTime(reading.time),
      // Seven digits: what a 32-bit float holds, and more than any sensor means.
      value: Number.isFinite(reading.value) ? Number(reading.value.toPrecision(7)) : null,
      unit: reading.unit,
      quality: reading.quality,
    }),
  };
}

/** Something that happened, with what it is about in plain values: `{ kind: "focus_drop", from: 0.8, to: 0.5 }`. */
export interface GatewayEvent {
  readonly time: number;
  readonly kind: string;
  readonly [about: string]: string | number | boolean | null;
}

export function eventMessage({ time, kind, ...about }: GatewayEvent): Message {
  const values = Object.entries(about).map(([key, value]) => [
    key,
    typeof value === "number" ? rounded(value) : value,
  ]);
  return {
    topic: topics.event(kind),
    kind: "event",
    retain: false,
    payload: JSON.stringify({ time: isoTime(time), kind, ...Object.fromEntries(values) }),
  };
}

export function healthMessage(report: Health): Message {
  return {
    topic: topics.health,
    kind: "health",
    retain: true,
    payload: JSON.stringify({
      time: isoTime(report.time),
      version: report.version,
      uptime_s: Math.round(report.uptimeSeconds),
      provider: report.engine && engineText(report.engine),
      model: report.model,
      perception: report.perception,
      ...(report.eye && {
        eye: {
          cpu_share: rounded(report.eye.cpuShare),
          frames_per_second_limit: rounded(report.eye.framesPerSecondLimit),
          building: report.eye.building,
          refused: report.eye.refused,
        },
      }),
      frames_per_second: rounded(report.framesPerSecond),
      frame_age_s: rounded(report.frameAgeSeconds),
      spool_depth: report.spoolDepth,
      spool_bytes: report.spoolBytes,
      dropped: report.dropped,
      set_aside: report.setAside,
      held: report.held,
      refused: report.refused,
      damaged: report.damaged,
      sinks: report.sinks,
      disk_free_mb: rounded(report.diskFreeMegabytes),
      temperature_c: rounded(report.temperatureCelsius),
      certificate_days: report.certificateDays,
      cameras: report.cameras,
      sensors: report.sensors,
      shut: report.shut,
      shut_by: report.shutBy,
      audit: report.audit,
      flows: report.flows,
      config: report.config,
      config_hash: report.configHash,
      profile: report.profile,
    }),
  };
}

/** `cpu:int8`: what ran the networks, and in which precision. */
export const engineText = ({ provider, precision }: Engine): string => `${provider}:${precision}`;

const isoTime = (time: number): string => new Date(time).toISOString();

/** Four decimals, each a little up or down so that they sum to 1 as the shares do: the largest remainders go up. */
function roundedTogether(shares: TargetShares): TargetShares {
  const parts = Object.entries(shares).map(([target, share]) => ({
    target,
    whole: Math.floor(share * 10_000),
    rest: (share * 10_000) % 1,
  }));
  const missing = 10_000 - parts.reduce((sum, { whole }) => sum + whole, 0);
  const up = new Set([...parts].sort((a, b) => b.rest - a.rest).slice(0, missing));
  return Object.fromEntries(
    parts.map((part) => [part.target, (part.whole + (up.has(part) ? 1 : 0)) / 10_000]),
  ) as unknown as TargetShares;
}

/** Four decimals; JSON knows no NaN and no infinity, so those are null. */
function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Math.round(value * 10_000) / 10_000;
}
