import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOUNDS } from "../../gateway/protect/profile.ts";
import { openProtector, protectOptions } from "../../gateway/protect/protect.ts";
import type { Attention, Box } from "../../gateway/terms.ts";

const ENGINE = { provider: "cpu", precision: "float32" } as const;
const SOURCE = { model: "test@00000000", perception: "eyes@00000000", engine: ENGINE };
const LECTURE = { activity: "lecture" as const, lesson: null };
const BOARD = { board: 1, desk: 0, screen: 0, peer: 0, away: 0 };
const AWAY = { board: 0, desk: 0, screen: 0, peer: 0, away: 1 };

/** Two halves of one camera's picture. */
const HALVES = protectOptions.parse({
  minimumCoverage: 0,
  zones: [
    {
      name: "left",
      camera: "front",
      area: [
        [0, 0],
        [0.5, 0],
        [0.5, 1],
        [0, 1],
      ],
    },
    {
      name: "right",
      camera: "front",
      area: [
        [0.5, 0],
        [1, 0],
        [1, 0.8],
        [0.5, 0.8],
      ],
    },
  ],
});

const box = (x: number, y = 0.5): Box => ({ x: x - 0.01, y: y - 0.01, width: 0.02, height: 0.02 });

/** One moment: heads on the left attend, heads on the right do not, those at the back right are in no zone. */
function moment(time: number, left: number, right: number, back: number) {
  const places = [
    ...Array.from({ length: left }, () => box(0.2)),
    ...Array.from({ length: right }, () => box(0.7)),
    ...Array.from({ length: back }, () => box(0.7, 0.9)),
  ].map((at, seat) => ({ seat, box: at }));
  const attention: Attention = {
    camera: "front",
    time,
    seats: places.map(({ seat }) => ({
      camera: "front",
      seat,
      targets: seat < left ? BOARD : AWAY,
      confidence: 1,
      shift: null,
    })),
    roomError: 0,
    ...SOURCE,
  };
  return { attention, places };
}

function windowsOf(
  moments: ReadonlyArray<readonly [number, number, number]>,
  profile: "research" | "aggregate" = "research",
) {
  const protector = openProtector(HALVES, SOURCE, BOUNDS[profile]);
  for (const [index, [left, right, back]] of moments.entries()) {
    const { attention, places } = moment((index * 10_000) / moments.length, left, right, back);
    protector.take(attention, LECTURE, places);
  }
  const zones = protector.closeZones(10_000, LECTURE);
  return {
    zones: new Map(zones.map(({ zone, window }) => [zone, window])),
    room: protector.close(10_000, LECTURE),
  };
}

const still = (left: number, right: number, back = 0) =>
  Array.from({ length: 20 }, () => [left, right, back] as const);

describe("zones", () => {
  it("say how their own heads attend", () => {
    const { zones, room } = windowsOf(still(12, 12));
    expect(zones.get("left")).toMatchObject({ focus: 1, heads: 12, quality: "ok" });
    expect(zones.get("right")).toMatchObject({ focus: 0, heads: 12, quality: "ok" });
    expect(room).toMatchObject({ focus: 0.5, heads: 24 });
  });

  it("are silent where they are too small, and where what they leave over would be", () => {
    const small = windowsOf(still(20, 4)).zones;
    for (const window of small.values())
      expect(window).toMatchObject({ focus: null, heads: null, quality: "suppressed" });
    const over = windowsOf(still(15, 12, 3)).zones;
    expect(over.get("left")).toMatchObject({ quality: "ok", heads: 15 });
    expect(over.get("right")).toMatchObject({ quality: "suppressed", heads: null, coverage: null });
  });

  it("have no camera when the one that sees them is away, whoever else looks", () => {
    const options = protectOptions.parse({
      zones: [
        {
          name: "left",
          camera: "front",
          area: [
            [0, 0],
            [0.5, 0],
            [0.5, 1],
            [0, 1],
          ],
        },
      ],
    });
    const protector = openProtector(options, SOURCE, BOUNDS.research);
    for (let time = 0; time < 10_000; time += 500) {
      const { attention, places } = moment(time, 12, 12, 0);
      protector.take({ ...attention, camera: "back" }, LECTURE, places);
    }
    expect(protector.closeZones(10_000, LECTURE)).toMatchObject([{ window: { quality: "no_camera" } }]);
    expect(protector.close(10_000, LECTURE)).toMatchObject({ quality: "ok", heads: 24 });
  });

  it("are there under no profile but research", () => {
    expect(windowsOf(still(12, 12), "aggregate").zones.size).toBe(0);
  });

  it("leave over nobody or a group when they are taken from the room, whoever is there", () => {
    fc.assert(
      fc.property(fc.nat(16), fc.nat(16), fc.nat(12), (left, right, back) => {
        const { zones, room } = windowsOf(still(left, right, back));
        const spoken = [...zones.values()].flatMap(({ heads }) => heads ?? []);
        for (const heads of spoken) expect(heads).toBeGreaterThanOrEqual(10);
        if (room.heads === null) {
          expect(spoken).toEqual([]);
          return;
        }
        const rest = room.heads - spoken.reduce((sum, heads) => sum + heads, 0);
        expect(rest === 0 || rest >= 10, `${rest} are left over`).toBe(true);
      }),
    );
  });
});
