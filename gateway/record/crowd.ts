import type { Point } from "./sink.ts";

/**
 * How many different things a room may have in the record: devices with their quantities, zones, kinds of events. Each
 * is a series in InfluxDB, and a device that says it is another one each time would fill its memory.
 */
export interface Crowd {
  /** Whether the point's series is known, or there is room for one more. */
  admits(point: Point): boolean;
}

/** A well-equipped room has twenty. */
const MOST_A_ROOM = 500;

export function openCrowd(most = MOST_A_ROOM): Crowd {
  const known = new Set<string>();
  const rooms = new Map<string, number>();
  return {
    admits({ measurement, tags }) {
      const { site, room, device = "", quantity = "", zone = "", kind = "" } = tags;
      const series = `${measurement}/${site}/${room}/${device}/${quantity}/${zone}/${kind}`;
      if (known.has(series)) return true;
      const there = rooms.get(`${site}/${room}`) ?? 0;
      if (there >= most) return false;
      rooms.set(`${site}/${room}`, there + 1);
      known.add(series);
      return true;
    },
  };
}
