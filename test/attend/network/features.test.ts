import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readCalibration, writeCalibration } from "../../../gateway/attend/network/calibration.ts";
import { roomRow, seatRow, writeSteps } from "../../../gateway/attend/network/features.ts";
import { rememberCamera } from "../../../gateway/attend/network/memory.ts";
import type { Usual } from "../../../gateway/attend/network/usual.ts";
import type { SeatedFace } from "../../../gateway/terms.ts";
import { SEAT_FEATURES, STEP_FEATURES, STEPS } from "../../../models/attention/pack.ts";

interface Fixture {
  /** steps × seats × [found, x, y, width, height, yaw, pitch, roll, eyes, score] */
  readonly seen: number[][][];
  readonly usual: number[][];
  readonly steps: number[][][];
  readonly mask: number[][];
  readonly seats: number[][];
  readonly environment: Record<string, number | null>;
  readonly room: number[];
}
const fixture = JSON.parse(
  readFileSync(new URL("../../models/attention/fixtures/features.json", import.meta.url), "utf8"),
) as Fixture;

const facesAt = (rows: number[][]): SeatedFace[] =>
  rows.flatMap(([found, x, y, width, height, yaw, pitch, roll, eyes, score], seat) =>
    found
      ? [
          {
            ...{ seat, yaw: yaw!, pitch: pitch!, roll: roll!, score: score! },
            box: { x: x!, y: y!, width: width!, height: height! },
            eyesOpen: eyes! < 0 ? null : eyes!,
          },
        ]
      : [],
  );

describe("features", () => {
  it("are the same numbers live as in training, gaps and all", () => {
    const memory = rememberCamera();
    for (const [step, rows] of fixture.seen.entries()) memory.see(facesAt(rows), step * 500);
    const seats = memory.seats().sort((a, b) => a.seat - b.seat);
    expect(seats).toHaveLength(fixture.usual.length);
    for (const { seat, looks, usual } of seats) {
      const [steps, seen] = [new Float32Array(STEPS * STEP_FEATURES.length), new Float32Array(STEPS)];
      writeSteps(looks, usual, steps, seen);
      expect([...seen]).toEqual(fixture.mask[seat]);
      const expected = fixture.steps[seat]!.flat();
      for (const [index, value] of expected.entries()) expect(steps[index]).toBeCloseTo(value, 3);
      const row = seatRow(usual);
      expect(row).toHaveLength(SEAT_FEATURES.length);
      for (const [index, value] of fixture.seats[seat]!.entries()) expect(row[index]).toBeCloseTo(value, 3);
    }
  });

  it("say what is not known about the room, and never give it as zero", () => {
    const { co2, light, temperature } = fixture.environment;
    const row = roomRow("exam", { co2: co2!, light: light!, temperature: temperature! });
    for (const [index, value] of fixture.room.entries()) expect(row[index]).toBeCloseTo(value, 4);
    expect(roomRow(null)).toEqual(new Array(14).fill(0));
  });

  it("take a reading beyond anything met in training for the end of that, and none for one that is no number", () => {
    const wild = { co2: 1e6, noise: -40, light: 0, temperature: 900 };
    expect(roomRow("exam", wild)).toEqual(
      roomRow("exam", { co2: 3000, noise: 30, light: 30, temperature: 30 }),
    );
    expect(roomRow("exam", { co2: Number.NaN, light: Number.POSITIVE_INFINITY })).toEqual(roomRow("exam"));
  });
});

describe("the memory of a camera", () => {
  const face = (seat: number, yaw = 0): SeatedFace => ({
    ...{ seat, yaw, pitch: 0, roll: 0, score: 1, eyesOpen: null },
    box: { x: 0.5, y: 0.5, width: 0.05, height: 0.1 },
  });

  it("keeps two looks a second of a faster camera, the last of each half second", () => {
    const memory = rememberCamera();
    for (let frame = 0; frame < 60; frame++) memory.see([face(1, frame)], frame * 100);
    const [{ looks }] = memory.seats() as [ReturnType<typeof memory.seats>[0]];
    expect(looks.filter(Boolean).map((look) => look!.yaw)).toEqual([
      4, 9, 14, 19, 24, 29, 34, 39, 44, 49, 54, 59,
    ]);
  });

  it("leaves gaps where a slower or faltering camera has none", () => {
    const memory = rememberCamera();
    for (const second of [0, 1, 2, 5]) memory.see([face(1, second)], second * 1000);
    const [{ looks }] = memory.seats() as [ReturnType<typeof memory.seats>[0]];
    expect(looks.slice(-11).map((look) => look?.yaw ?? null)).toEqual([
      ...[0, null, 1, null, 2, null, null, null, null, null, 5],
    ]);
  });

  it("drops a look that comes too late, and a seat not seen for the whole window", () => {
    const memory = rememberCamera();
    memory.see([face(1), face(2)], 10_000);
    memory.see([face(3)], 9_000);
    expect(memory.seats().map(({ seat }) => seat)).toEqual([1, 2]);
    memory.see([face(2)], 39_500);
    expect(memory.seats().map(({ seat }) => seat)).toEqual([1, 2]);
    memory.see([face(2)], 40_000);
    expect(memory.seats().map(({ seat }) => seat)).toEqual([2]);
  });

  it("begins anew when the clock was set back, and still knows what is usual for each place", () => {
    const memory = rememberCamera();
    const hour = 3_600_000;
    for (let step = 0; step < 60; step++) memory.see([face(1, 20)], hour + step * 500);
    memory.see([face(1, -20)], 500);
    expect(memory.step).toBe(1);
    const [{ looks, usual }] = memory.seats() as [ReturnType<typeof memory.seats>[0]];
    expect(looks.filter(Boolean).map((look) => look!.yaw)).toEqual([-20]);
    expect(usual.yaw).toBeGreaterThan(15);
    expect(usual.looks).toBeGreaterThan(50);
    expect(usual.looks).toBeLessThan(62);
    expect(memory.places()).toHaveLength(1);
  });

  it("knows a place again when somebody sits down in it, and lets go of it with what has been learnt", () => {
    const memory = rememberCamera();
    for (let step = 0; step < 60; step++) memory.see([face(1, 20)], step * 500);
    for (let step = 60; step < 200; step++) memory.see([], step * 500);
    expect(memory.seats()).toEqual([]);
    const [place] = memory.places() as [Usual];
    expect(place.yaw).toBeCloseTo(20, 5);

    const later = rememberCamera(JSON.parse(JSON.stringify(memory.places())));
    later.see([face(7, 20)], 9e8);
    const [{ usual }] = later.seats() as [ReturnType<typeof later.seats>[0]];
    expect(usual.yaw).toBeCloseTo(20, 5);
    expect(usual.looks).toBeGreaterThan(50);
    expect(later.places()).toHaveLength(1);
    // Elsewhere in the room nothing is known.
    const elsewhere = { ...face(8, 0), box: { x: 0.1, y: 0.2, width: 0.05, height: 0.1 } };
    later.see([elsewhere], 9e8 + 500);
    expect(later.seats().find(({ seat }) => seat === 8)!.usual.looks).toBeCloseTo(1, 5);
  });

  it("keeps a calibration on disk, and starts anew where there is none or it is damaged", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "calibration-"));
    try {
      const file = path.join(folder, "usual.json");
      expect(await readCalibration(file)).toEqual({});
      const memory = rememberCamera();
      memory.see([face(1, 12)], 0);
      await writeCalibration(file, { front: memory.places() });
      expect(await readCalibration(file)).toEqual({ front: memory.places() });
      await writeFile(file, "{");
      expect(await readCalibration(file)).toEqual({});
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
