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
  const rooms = new Map<string, Set<string>>();
  return {
    admits({ measurement, tags }) {
      const { site, room, device, quantity, zone, kind } = tags;
      const known = rooms.get(`${site}/${room}`) ?? new Set();
      rooms.set(`${site}/${room}`, known);
      const series = [measurement, device, quantity, zone, kind].join("/");
      if (known.has(series)) return true;
      if (known.size >= most) return false;
      known.add(series);
      return true;
    },
  };
}
