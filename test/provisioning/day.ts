import type { Health } from "../../gateway/health.ts";
import { eventMessage, focusMessage, healthMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import { toPoint } from "../../gateway/record/points.ts";
import type { Point } from "../../gateway/record/sink.ts";
import type { Activity, Engine, Message, Quality, ReadingQuality, Window } from "../../gateway/terms.ts";

/** What was published, as a subscriber to MQTT has it. Everything that tests expect is worked out from these. */
export interface Published {
  readonly site: string;
  readonly room: string;
  /** `focus`, `zone`, `sensor`, `event` or `health`. */
  readonly what: string;
  /** The topic's levels after that: the zone, or device and quantity. */
  readonly of: readonly string[];
  readonly time: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly point: Point;
}

/** Whether a sensor's measurement can be relied on. */
export const reliable = ({ body }: Published) => body.quality === "ok" || body.quality === "low_battery";

export const MINUTE = 60_000;
const SECOND = 1_000;
const DAY = 86_400_000;
/** The Monday that is looked at. */
export const MONDAY = Date.UTC(2026, 10, 16);
export const at = (clock: string, day = MONDAY): number => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return day + ((hours * 60 + minutes) * 60 + seconds) * SECOND;
};

const GEOMETRIC = "geometric@0a1b2c3d";
const NETWORK = "attention@4e5f6a7b";
const GPU: Engine = { provider: "cuda", precision: "float16" };
const CPU: Engine = { provider: "cpu", precision: "int8" };

interface Spell {
  readonly until: string;
  readonly activity: Activity;
  readonly quality?: Quality;
  readonly focus?: number;
}

/** Room 101 of the north school: two lessons, everything that can happen in one, a break and a gap. */
const MATHS: readonly Spell[] = [
  { until: "08:15", activity: "lecture", focus: 0.8 },
  { until: "08:18", activity: "lecture", quality: "paused" },
  { until: "08:24", activity: "seatwork", focus: 0.85 },
  { until: "08:27", activity: "seatwork", focus: 0.4 },
  { until: "08:30", activity: "seatwork", focus: 0.8 },
  { until: "08:33", activity: "seatwork", quality: "low_coverage" },
  { until: "08:40", activity: "group", focus: 0.6 },
  { until: "08:41", activity: "group", quality: "no_camera" },
  { until: "08:43", activity: "group", quality: "suppressed" },
  { until: "08:45", activity: "exam", focus: 0.9 },
];
const BREAK: readonly Spell[] = [{ until: "08:50", activity: "break" }];
const ART: readonly Spell[] = [{ until: "09:30", activity: "lecture", focus: 0.7 }];
const STEADY = (until: string, focus: number): readonly Spell[] => [{ until, activity: "lecture", focus }];

/** Everything that the rooms published, on this Monday and on those before it. */
export function publishDay(): readonly Published[] {
  const all: Published[] = [];
  const say = (site: string, room: string, message: Message) => all.push(heard(site, room, message));

  function lesson(
    [site, room]: readonly [string, string],
    begin: string,
    spells: readonly Spell[],
    about: {
      lesson: string | null;
      model?: string;
      engine?: Engine;
      seconds?: number;
      day?: number;
      zones?: readonly string[];
    },
  ) {
    const { lesson, model = GEOMETRIC, engine = GPU, seconds = 10, day = MONDAY, zones = [] } = about;
    let spell = 0;
    for (
      let time = at(begin, day) + seconds * SECOND;
      time <= at(spells.at(-1)!.until, day);
      time += seconds * SECOND
    ) {
      while (time > at(spells[spell]!.until, day)) spell += 1;
      const window = look(time, seconds, spells[spell]!, { lesson, model, engine });
      say(site, room, focusMessage(window));
      for (const [index, zone] of zones.entries())
        if ((time / SECOND) % 60 === 0)
          say(
            site,
            room,
            focusMessage({ ...window, focus: window.focus && window.focus - 0.1 * index }, { zone }),
          );
    }
  }

  const north101 = ["north", "101"] as const;
  lesson(north101, "08:00", MATHS, { lesson: "Maths", zones: ["left", "right"] });
  lesson(north101, "08:45", BREAK, { lesson: null });
  lesson(north101, "09:05", ART, { lesson: "Art & Design (1/2)", model: NETWORK, engine: CPU });
  // Others, so that what is picked makes a difference: a room without lessons, and one of the same name elsewhere.
  lesson(["north", "102"], "08:00", STEADY("09:00", 0.5), { lesson: null, engine: CPU });
  lesson(["south", "101"], "08:00", STEADY("09:30", 0.2), { lesson: "Maths", engine: CPU });
  // What is usual: four Mondays, and one too long ago to count; and another lesson.
  for (const [weeks, focus] of [
    [1, 0.66],
    [2, 0.62],
    [3, 0.7],
    [4, 0.64],
    [5, 0.1],
  ] as const)
    lesson(
      north101,
      "08:00",
      [
        { until: "08:20", activity: "lecture", focus },
        { until: "08:45", activity: "seatwork", focus: focus + 0.1 },
      ],
      {
        lesson: "Maths",
        seconds: 60,
        day: MONDAY - weeks * 7 * DAY,
      },
    );
  lesson(north101, "09:05", STEADY("09:30", 0.3), {
    lesson: "Art & Design (1/2)",
    seconds: 60,
    day: MONDAY - 7 * DAY,
  });

  for (const [clock, event] of EVENTS) say("north", "101", eventMessage({ time: at(clock), ...event }));
  for (let time = at("08:00"); time <= at("09:30"); time += MINUTE) {
    const minutes = (time - at("08:00")) / MINUTE;
    const measure = (
      device: string,
      quantity: string,
      value: number,
      unit: string,
      quality: ReadingQuality = "ok",
    ) => say("north", "101", sensorMessage({ device, quantity, time, value, unit, quality }));
    measure("co2-1", "co2", 600 + 10 * minutes, "[ppm]");
    measure("co2-2", "co2", 620 + 10 * minutes, "[ppm]", "low_battery");
    measure("co2-3", "co2", 5000, "[ppm]", "stale");
    measure("co2-1", "temperature", 20 + minutes / 30, "Cel");
    measure("mic-1", "noise", 45 + (minutes % 30), "dB[SPL]");
  }
  const rooms = [
    ["north", "101", "08:00", "08:50", GPU, "0.1.0"],
    ["north", "101", "09:05", "09:30", CPU, "0.2.0"],
    ["north", "102", "08:00", "09:00", CPU, "0.1.0"],
    ["south", "101", "08:00", "09:30", CPU, "0.1.0"],
  ] as const;
  for (const [site, room, begin, end, engine, version] of rooms)
    for (let time = at(begin); time <= at(end); time += 10 * SECOND)
      say(site, room, healthMessage(feel(time, at(begin), engine, version)));
  return all;
}

const EVENTS: readonly (readonly [string, { kind: string; [about: string]: string | number | null }])[] = [
  ["08:00:01", { kind: "activity", activity: "lecture", lesson: "Maths" }],
  ["08:15:01", { kind: "paused" }],
  ["08:18:01", { kind: "resumed" }],
  ["08:18:02", { kind: "activity", activity: "seatwork", lesson: "Maths" }],
  ["08:20:00", { kind: "mark", text: "the experiment starts" }],
  ["08:22:00", { kind: "notice", about: "air", text: "Time to air", source: "school" }],
  [
    "08:24:00",
    { kind: "suggestion", about: "rest", text: "A minute in pairs?", source: "a tutor", activity: "group" },
  ],
  ["08:24:20", { kind: "focus_drop", focus: 0.4, usual: 0.85 }],
  ["08:27:20", { kind: "focus_recovered", focus: 0.8, usual: 0.85 }],
  ["09:10:00", { kind: "mark", text: 'it\'s "art"' }],
];

/** A window of the room. Only `protect` can make one in the gateway; here it is the facts that count. */
function look(
  time: number,
  windowSeconds: number,
  { activity, quality = "ok", focus = 0 }: Spell,
  about: { lesson: string | null; model: string; engine: Engine },
): Window {
  // Moves a little, so that means are not the same as single values.
  const wave = Math.sin(time / 37_000) / 20;
  const share = focus + wave;
  const known = quality === "ok";
  const seen = known || quality === "low_coverage";
  const applies = known && activity !== "break";
  return {
    ...about,
    time,
    windowSeconds,
    activity,
    quality,
    focus: applies ? share : null,
    low: applies ? share - 0.08 : null,
    high: applies ? Math.min(1, share + 0.06) : null,
    coverage: seen ? (known ? 0.9 : 0.3) + wave / 2 : null,
    heads: seen ? (known ? 22 : 7) : null,
    expected: 24,
    targets: known ? { board: 0.4 + wave, desk: 0.3 - wave, screen: 0.1, peer: 0.15, away: 0.05 } : null,
    shiftsPerMinute: known ? 3 + 10 * wave : null,
    synchrony: known ? 0.4 + wave : null,
  } as Window;
}

function feel(time: number, since: number, engine: Engine, version: string): Health {
  const minutes = (time - since) / MINUTE;
  return {
    time,
    version,
    uptimeSeconds: (time - since) / SECOND,
    engine,
    model: "attention@0a1b2c3d",
    perception: "default@4e5f6a7b",
    framesPerSecond: 4 + Math.sin(minutes),
    frameAgeSeconds: 0.2 + (minutes % 3) / 10,
    spoolDepth: Math.round(minutes % 7),
    spoolBytes: 450 * Math.round(minutes % 7),
    dropped: 0,
    setAside: 1,
    held: 0,
    refused: 2,
    damaged: 0,
    sinks: {
      embedded: { ok: true, backlog: 3, refused: 0, lost: 0 },
      influx: { ok: minutes < 20, backlog: Math.round(10 * minutes), refused: minutes > 30 ? 4 : 0, lost: 0 },
    },
    diskFreeMegabytes: 20_000 - 100 * minutes,
    temperatureCelsius: version === "0.2.0" ? null : 50 + minutes / 10,
    cameras: { front: minutes > 40 ? "lost" : "ok", back: "ok" },
    sensors: { "co2-1": "ok" },
    shut: minutes > 40 && minutes < 45 ? "timetable: there is no lesson now" : null,
    shutBy: minutes > 40 && minutes < 45 ? ["timetable"] : [],
    certificateDays: 700,
    audit: `${Math.floor(minutes)}@0a1b2c3d`,
    flows: "ok",
    config: "as_given",
    configHash: "0a1b2c3d4e5f6071",
    profile: "aggregate",
  };
}

/** As it would be recorded. */
export function heard(site: string, room: string, { topic, payload }: Message): Published {
  const answer = toPoint(`classroom/v1/${site}/${room}/${topic}`, Buffer.from(payload));
  if (answer === "ignored" || !("point" in answer))
    throw new Error(`${topic} is not for the record: ${JSON.stringify(answer)}`);
  const body = JSON.parse(payload) as Record<string, unknown>;
  const [first = "", ...of] = topic.split("/");
  const what = first === "gateway" ? "health" : first;
  return {
    site,
    room,
    what,
    of,
    time: Date.parse(String(body.time)),
    body,
    point: answer.point,
  };
}
