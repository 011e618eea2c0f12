import { nextEnd } from "../../gateway/flow.ts";
import { openStamps } from "../../gateway/publish/stamps.ts";
import { queryStore } from "../../gateway/record/record.ts";
import { hands } from "../../test/support/hands.ts";
import { type Case, tally, upTo } from "./case.ts";
import type { Place } from "./place.ts";
import { windowPayload } from "./windows.ts";

const FLOOR = Date.UTC(2026, 0, 1);
const NOON = Date.UTC(2026, 10, 23, 12);

/** Runs through a script of moments with a clock that is set by hand, and returns what is in the store afterwards. */
async function record(place: Place, from: number, script: (room: Room) => void) {
  const dataFolder = await place.subfolder("house");
  const house = await place.house({ folder: dataFolder });
  const clock = hands(from);
  const steps: number[] = [];
  const stamps = openStamps({ clock, floor: FLOOR, onStep: (seconds) => void steps.push(seconds) });
  const sending: Promise<void>[] = [];
  let count = 0;
  script({
    clock,
    windows(times) {
      for (const _ of upTo(times)) {
        const end = nextEnd(clock.now(), 5);
        clock.pass(end - clock.now());
        const number = count++;
        stamps.stamp(end, (time) => {
          const message = { topic: "focus", kind: "focus", retain: false } as const;
          sending.push(house.publisher.send({ ...message, payload: windowPayload(number, time) }));
        });
      }
    },
  });
  await Promise.all(sending);
  await house.drained();
  await house.close();
  const { rows } = await queryStore({
    dataFolder,
    sql: "SELECT heads, epoch_ms(time) FROM focus ORDER BY time",
  });
  return { rows: rows as [number, number][], steps, count, held: stamps.held(), dataFolder };
}

interface Room {
  readonly clock: ReturnType<typeof hands>;
  /** So many windows of five seconds go by. */
  windows(times: number): void;
}

export const clocks: readonly Case[] = [
  {
    number: 26,
    title: "boot in 1970, set by NTP; an hour back; a year ahead and back",
    expected: "no time before 2026, none taken twice, each with its true order; every step told of",
    quick: true,
    async run(place) {
      const { rows, steps, count, held } = await record(place, 12_345, ({ clock, windows }) => {
        windows(100);
        clock.set(NOON);
        windows(800);
        clock.set(clock.now() - 3_600_000);
        windows(900);
        clock.set(clock.now() + 365 * 86_400_000);
        windows(50);
        clock.set(clock.now() - 365 * 86_400_000);
        windows(50);
      });
      const early = rows.filter(([, time]) => time < FLOOR).length;
      const { lost, duplicated } = tally(
        upTo(count),
        rows.map(([number]) => number),
      );
      // The first hundred happened in the 500 s before the clock was set.
      const at = new Map(rows);
      const exact = Math.abs(at.get(0)! - (NOON - 99 * 5_000)) <= 5_000;
      const ok = early === 0 && held === 0 && lost === 0 && duplicated === 0 && exact && steps.length === 4;
      return { seen: `${early} too early, steps of ${steps.join(", ")} s`, lost, duplicated, ok };
    },
  },
  {
    number: 27,
    title: "summer time ends and begins in a lesson (Europe/Berlin)",
    expected:
      "a window every 5 s, none missing, none twice; the local hour that comes twice can be told apart",
    quick: true,
    async run(place) {
      const zone = process.env.TZ;
      process.env.TZ = "Europe/Berlin";
      place.onEnd(() => {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
      });
      const { rows, steps, count, dataFolder } = await record(
        place,
        Date.UTC(2026, 9, 25, 0),
        ({ clock, windows }) => {
          windows(1_440); // from 02:00 CEST to 03:00 CET, two hours
          clock.pass(Date.UTC(2027, 2, 28, 0) - clock.now());
          windows(1_440); // from 01:00 CET to 04:00 CEST, two hours
        },
      );
      const gaps = rows.slice(1).filter(([, time], i) => i !== 1_439 && time - rows[i]![1] !== 5_000).length;
      const sql = `SELECT count(*), count(DISTINCT time AT TIME ZONE 'Europe/Berlin') FROM focus WHERE time < '2026-10-26'`;
      const [[all, local] = []] = (await queryStore({ dataFolder, sql })).rows;
      const { lost, duplicated } = tally(
        upTo(count),
        rows.map(([number]) => number),
      );
      const ok =
        gaps === 0 && steps.length === 0 && lost + duplicated === 0 && all === 1_440 && Number(local) < 1_440;
      const seen = `${gaps} gaps; ${all} windows at ${local} local times, ${all} UTC times`;
      return { seen, lost, duplicated, ok };
    },
  },
];
