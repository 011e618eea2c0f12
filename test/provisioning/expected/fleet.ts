import { expect } from "vitest";
import { at, MINUTE, type Published } from "../day.ts";
import type { Situation } from "../grafana.ts";
import {
  type Answer,
  count,
  type Expected,
  expectCourses,
  expectFigures,
  find,
  groupBy,
  last,
  max,
  mean,
  type Summary,
} from "./check.ts";

/** At half past nine the gateway of north 102 has been silent for half an hour. */
const all = (site: string[], room: string[]): Situation => ({
  from: at("07:50"),
  to: at("09:30"),
  variables: { site, room },
});
const EVERY = all(["$__all"], ["$__all"]);
const NORTH = all(["north"], ["$__all"]);
const SITUATIONS = [EVERY, NORTH] as const;

const reports = (
  published: readonly Published[],
  situation: Situation,
  { from, to }: Pick<Answer, "from" | "to">,
) =>
  find(published, {
    what: "health",
    from,
    to,
    where: ({ site }) => situation === EVERY || site === "north",
  });

const perRoom = (field: string) =>
  SITUATIONS.map(
    (situation) =>
      [
        situation,
        (answer: Answer, published: readonly Published[]) => {
          const rooms = groupBy(reports(published, situation, answer), ({ site, room }) => `${site} ${room}`);
          const path = field.replace("sinks_influx_backlog", "sinks.influx.backlog");
          expectCourses(answer.series.A, ["site", "room"], rooms, answer, { [field]: mean(path) });
        },
      ] as const,
  );

const counters = (columns: Readonly<Record<string, Summary>>) =>
  SITUATIONS.map(
    (situation) =>
      [
        situation,
        (answer: Answer, published: readonly Published[]) =>
          expectFigures(answer.series.A, reports(published, situation, answer), columns),
      ] as const,
  );

export const fleet: Expected = {
  "All rooms": SITUATIONS.map(
    (situation) =>
      [
        situation,
        (answer: Answer, published: readonly Published[]) => {
          const place = ({ site, room }: { site: string; room: string }) => `${site}/${room}`;
          const rooms = groupBy(reports(published, situation, answer), place);
          const known = answer.series.A!;
          expect(known.map(({ tags }) => `${tags.site}/${tags.room}`).toSorted()).toEqual(
            Object.keys(rooms).toSorted(),
          );
          for (const one of known)
            expectFigures([one], rooms[`${one.tags.site}/${one.tags.room}`]!, {
              version: last("version"),
              "up for": last("uptime_s"),
              "picture age": last("frame_age_s"),
              waiting: last("spool_depth"),
              "disk free": last("disk_free_mb"),
              temperature: last("temperature_c"),
            });
          // Online: has reported in the last two minutes, and with what.
          const lately = groupBy(
            reports(published, situation, { from: answer.to - 2 * MINUTE + 1, to: answer.to }),
            (message) => `${place(message)} ${message.body.provider} ${message.body.model}`,
          );
          expect(Object.keys(lately).some((key) => key.startsWith("north/102"))).toBe(false);
          const online = answer.series.B!;
          const name = ({ tags }: (typeof online)[number]) =>
            `${tags.site}/${tags.room} ${tags.provider} ${tags.model}`;
          expect(online.map(name).toSorted()).toEqual(Object.keys(lately).toSorted());
          for (const one of online) expectFigures([one], lately[name(one)]!, { reports: count("uptime_s") });
        },
      ] as const,
  ),
  Online: SITUATIONS.map(
    (situation) =>
      [
        situation,
        (answer: Answer, published: readonly Published[]) => {
          const rooms = groupBy(reports(published, situation, answer), ({ site, room }) => `${site} ${room}`);
          expectCourses(answer.series.A, ["site", "room"], rooms, answer, { count: count("uptime_s") }, "0");
          const silent = answer.series.A!.find(({ tags }) => tags.room === "102")!;
          expect(silent.rows.at(-1)).toEqual({ time: at("09:30"), count: 0 });
        },
      ] as const,
  ),
  "Age of the last picture": perRoom("frame_age_s"),
  "Pictures a second": perRoom("frames_per_second"),
  "Messages waiting for the broker": perRoom("spool_depth"),
  "Points waiting for the database": perRoom("sinks_influx_backlog"),
  "Disk free": perRoom("disk_free_mb"),
  Temperature: perRoom("temperature_c"),
  "Lost for good": counters({
    dropped: max("dropped"),
    "database missed": max("sinks.influx.lost"),
    damaged: max("damaged"),
  }),
  "Put aside": counters({
    "broker refused": max("set_aside"),
    "not understood": max("refused"),
    "database refused": max("sinks.influx.refused"),
  }),
};
