import { z } from "zod";
import { areaInPicture } from "../options.ts";
import type { Attention, Box, SeatAttention, Window } from "../terms.ts";
import { type ExpectedHeads, learnExpected } from "./expected.ts";
import { zonesThatMaySpeak } from "./groups.ts";
import { type Gathered, gather, meanHeads, nothingGathered } from "./room.ts";
import { type Circumstances, closeWindow } from "./window.ts";

export const zoneOptions = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "small letters, digits and hyphens only, 32 at most")
    .describe("What the zone is called in topics and tags. Zones in several cameras may share one."),
  camera: z.string().min(1).describe("The camera that sees it, by name."),
  area: areaInPicture().describe(
    "A polygon of `[x, y]` in shares of the picture from its top left; heads whose middle lies in it belong to the zone. Where areas overlap, the first one has them.",
  ),
});
export type ZoneOptions = z.output<typeof zoneOptions>;

/** Where a seat's head is in the picture. */
export interface Placed {
  readonly seat: number;
  readonly box: Box;
}

/** The parts of a room that are spoken about beside the whole, whenever that gives away nothing small. */
export interface Zones {
  take(
    attention: Attention,
    places: readonly Placed[],
    about: Omit<Parameters<typeof gather>[2], "minimumGroup">,
  ): void;
  /** Closes each zone's window, and starts its next one. */
  close(about: Omit<Circumstances, "expected" | "minimumGroup">): Array<{ zone: string; window: Window }>;
}

interface Zone {
  /** The cameras that see it. */
  readonly cameras: ReadonlySet<string>;
  gathered: Gathered;
  readonly seenLately: ExpectedHeads;
}

export function openZones(options: readonly ZoneOptions[], minimumGroup: number): Zones {
  const zones = new Map<string, Zone>(
    options.map(({ name }) => [
      name,
      {
        cameras: new Set(options.filter((zone) => zone.name === name).map(({ camera }) => camera)),
        gathered: nothingGathered(),
        seenLately: learnExpected(),
      },
    ]),
  );

  function zoneOf(camera: string, { box }: Placed): string | undefined {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return options.find((zone) => zone.camera === camera && holds(zone.area, x, y))?.name;
  }

  return {
    take(attention, places, about) {
      if (zones.size === 0) return;
      const zoneOfSeat = new Map(places.map((placed) => [placed.seat, zoneOf(attention.camera, placed)]));
      const seats = new Map<string, SeatAttention[]>([...zones.keys()].map((name) => [name, []]));
      for (const seat of attention.seats) seats.get(zoneOfSeat.get(seat.seat) ?? "")?.push(seat);
      const counts = new Map([...seats].map(([name, { length }]) => [name, length]));
      const speaking = zonesThatMaySpeak(counts, attention.seats.length, minimumGroup);
      for (const [name, zone] of zones) {
        // Another camera that looks does not see it: where its own are away there is no camera, and not too small a group.
        if (!zone.cameras.has(attention.camera)) continue;
        const own = speaking.has(name) ? seats.get(name)! : [];
        gather(zone.gathered, { ...attention, seats: own }, { ...about, minimumGroup });
      }
    },
    close(about) {
      return [...zones].map(([name, zone]) => {
        if (zone.gathered.cameras.size > 0) zone.seenLately.see(meanHeads(zone.gathered));
        const expected = zone.seenLately.expected(minimumGroup);
        const window = closeWindow(zone.gathered, { ...about, expected, minimumGroup });
        zone.gathered = nothingGathered();
        return { zone: name, window };
      });
    },
  };
}

/** Whether the point lies in the polygon: whether a line from it to the right crosses its edges an odd number of times. */
function holds(area: ReadonlyArray<readonly number[]>, x: number, y: number): boolean {
  let inside = false;
  for (const [index, [ax, ay]] of area.entries()) {
    const [bx, by] = area[(index + 1) % area.length]!;
    if (ay! > y !== by! > y && x < ax! + ((y - ay!) / (by! - ay!)) * (bx! - ax!)) inside = !inside;
  }
  return inside;
}
