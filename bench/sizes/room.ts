import { randomFrom } from "../../gateway/eye/simulate/random.ts";
import type { Health } from "../../gateway/health.ts";
import { eventMessage, focusMessage, healthMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import type { Message, Window } from "../../gateway/terms.ts";

/** What a room sends, in seconds between two of a kind. Windows and health at the gateway's own pace, sensors once a minute. */
export const EVERY = { window: 10, health: 10, reading: 60, event: 600 } as const;
const QUANTITIES = [
  ["co2", "[ppm]", 400, 1200],
  ["temperature", "Cel", 19, 25],
  ["humidity", "%", 30, 60],
  ["noise", "dB[SPL]", 35, 70],
] as const;

/** Messages a second of one room. */
export const PER_SECOND =
  1 / EVERY.window + 1 / EVERY.health + QUANTITIES.length / EVERY.reading + 1 / EVERY.event;

/** Everything a room of 28 publishes over that time, in the payloads of the real thing, with numbers that wander as real ones do. */
export function* roomMessages(from: number, seconds: number): Generator<Message> {
  const random = randomFrom(1);
  let focus = 0.7;
  const values = QUANTITIES.map(([, , low, high]) => (low + high) / 2);
  for (let second = 0; second < seconds; second += EVERY.window) {
    const time = from + second * 1000;
    focus = Math.min(0.95, Math.max(0.3, focus + (random() - 0.5) * 0.1));
    yield focusMessage(windowOf(time, focus, random));
    yield healthMessage(healthOf(time, second, random));
    if (second % EVERY.event === 0) yield eventMessage({ time, kind: "focus_drop", from: 0.8, to: focus });
    if (second % EVERY.reading !== 0) continue;
    for (const [i, [quantity, unit, low, high]] of QUANTITIES.entries()) {
      values[i] = Math.min(high, Math.max(low, values[i]! + (random() - 0.5) * (high - low) * 0.02));
      const value = Math.round(values[i]! * 10) / 10;
      yield sensorMessage({ time, device: "air-1", quantity, unit, value, quality: "ok" });
    }
  }
}

/** The bench knows no class: this is made up, and goes nowhere but to a database of its own. */
const windowOf = (time: number, focus: number, random: () => number) =>
  ({
    time,
    windowSeconds: EVERY.window,
    focus,
    low: focus - 0.06 - random() * 0.02,
    high: focus + 0.05 + random() * 0.02,
    coverage: 0.8 + random() * 0.2,
    heads: 22 + Math.floor(random() * 7),
    expected: 28,
    targets: {
      board: focus * 0.7,
      desk: focus * 0.3,
      screen: 0,
      peer: (1 - focus) * 0.6,
      away: (1 - focus) * 0.4,
    },
    shiftsPerMinute: 2 + random() * 4,
    synchrony: 0.3 + random() * 0.4,
    activity: "lecture",
    lesson: "maths-7b",
    quality: "ok",
    model: "attention@4e5f6a7b",
    perception: "default@0a1b2c3d",
    engine: { provider: "cpu", precision: "int8" },
  }) as unknown as Window;

const healthOf = (time: number, second: number, random: () => number): Health => ({
  time,
  version: "0.1.0",
  uptimeSeconds: second,
  engine: { provider: "cpu", precision: "int8" },
  eye: { cpuShare: 0.3 + random() * 0.1, framesPerSecondLimit: 4, building: null, refused: {} },
  model: "attention@4e5f6a7b",
  perception: "default@0a1b2c3d",
  framesPerSecond: 4 + random(),
  frameAgeSeconds: random() * 0.4,
  spoolDepth: Math.floor(random() * 3),
  spoolBytes: 40_000 + Math.floor(random() * 1000),
  dropped: 0,
  setAside: 0,
  held: 0,
  refused: 0,
  damaged: 0,
  sinks: {
    embedded: { ok: true, backlog: 0, refused: 0, lost: 0 },
    influx: { ok: true, backlog: 0, refused: 0, lost: 0 },
  },
  diskFreeMegabytes: 91_000 - Math.floor(second / 600),
  temperatureCelsius: 48 + random() * 4,
  cameras: { front: "ok" },
  sensors: { "air-1": "ok" },
  shut: null,
  shutBy: [],
  certificateDays: 700,
  audit: "12@1f0c5a7b9d3e2468",
  flows: "ok",
  config: "as_given",
  configHash: "0a1b2c3d4e5f6071",
  profile: "aggregate",
});
