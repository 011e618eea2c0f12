import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Environment } from "../../../gateway/attend/attend.ts";
import { explanationLines } from "../../../gateway/attend/network/explain.ts";
import {
  type NetworkAttender,
  openNetworkAttender,
  sharesOf,
} from "../../../gateway/attend/network/network.ts";
import { createLogger } from "../../../gateway/log.ts";
import { type Activity, type SeatedFace, TARGETS, type View } from "../../../gateway/terms.ts";
import { attentionFolder, openAttentionPack } from "../../../models/attention/pack.ts";

const log = createLogger("error", false);

const face = (seat: number, yaw: number, pitch: number): SeatedFace => ({
  ...{ seat, yaw, pitch, roll: 0, score: 0.98, eyesOpen: null },
  box: { x: 0.1 + 0.04 * seat, y: 0.5, width: 0.03, height: 0.06 },
});

const view = (time: number, faces: SeatedFace[], more: Partial<View> = {}): View => ({
  ...{ camera: "front", sequence: time / 500, time, width: 1280, height: 720, faces, missing: [] },
  engine: { provider: "cpu", precision: "float32" },
  took: { capture: 0, detect: 0, pose: 0, total: 0 },
  ...more,
});

const SEATS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/** Outer seats turn inwards to a board in the middle. */
const toBoard = (seat: number) => face(seat, (6.5 - seat) * 0.6, -8);
const toDesk = (seat: number) => face(seat, (seat - 6.5) * 2, -19);

/** Columns of a lesson as `models/training/fixture.py` writes it. */
const faceOf = (row: number[], seat: number): SeatedFace => {
  const [, x, y, width, height, yaw, pitch, roll, eyes, score] = row as [number, ...number[]] & number[];
  return {
    ...{ seat, yaw: yaw!, pitch: pitch!, roll: roll!, score: score! },
    box: { x: x!, y: y!, width: width!, height: height! },
    eyesOpen: eyes! < 0 ? null : eyes!,
  };
};
const lessonFile = new URL("../../models/attention/fixtures/lesson.json", import.meta.url);

describe("the attention network in the gateway", () => {
  let attender: NetworkAttender;
  beforeAll(async () => {
    attender = await openNetworkAttender({ screens: true }, await openAttentionPack(), log);
  });
  afterAll(async () => {
    await attender.close();
    await attender.close();
  });

  const play = async (
    camera: string,
    from: number,
    to: number,
    look: (seat: number) => SeatedFace,
    every = 500,
  ) => {
    const told = [];
    for (let time = from; time < to; time += every)
      told.push(await attender.observe(view(time, SEATS.map(look), { camera }), "lecture"));
    return told;
  };

  it("answers for every head in view with a distribution, a confidence and its own name", async () => {
    const { seats, model, engine } = (await play("a", 0, 10_000, toBoard)).at(-1)!;
    expect(model).toMatch(/^attention@[0-9a-f]{8}$/);
    expect(engine).toEqual({ provider: "cpu", precision: "float32" });
    expect(seats).toHaveLength(SEATS.length);
    for (const { targets, confidence } of seats) {
      expect(Object.values(targets).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      expect(confidence).toBe(Math.max(...Object.values(targets)));
    }
  });

  it("reads a lesson of a room it was not trained on, as seen in pixels, and tells about as many shifts as there are", async () => {
    const lesson = JSON.parse(readFileSync(lessonFile, "utf8")) as {
      activity: Activity[];
      rows: number[][][];
    };
    let [right, asked, told, there] = [0, 0, 0, 0];
    for (const [step, seats] of lesson.rows.entries()) {
      const faces = seats.flatMap((row, seat) => (row[0] ? [faceOf(row, seat)] : []));
      const seen = view(step * 500, faces, { camera: "b" });
      for (const { seat, targets, confidence, shift } of (
        await attender.observe(seen, lesson.activity[step]!)
      ).seats) {
        const [target, turned] = seats[seat]!.slice(10) as [number, number];
        asked++;
        if (targets[TARGETS[target]!] === confidence) right++;
        if (shift) told++;
        if (turned) there++;
        if (shift) expect(shift.from).not.toBe(shift.to);
      }
    }
    expect(asked).toBeGreaterThan(400);
    expect(right / asked).toBeGreaterThan(0.6);
    expect(told / there).toBeGreaterThan(0.5);
    expect(told / there).toBeLessThan(2);
  });

  it("runs twice a second and lets its word stand in between, whatever the camera's rate", async () => {
    const told = await play("c", 0, 5_000, (seat) => (seat % 2 ? toBoard(seat) : toDesk(seat)), 100);
    for (const [index, { seats }] of told.entries()) {
      if (index % 5 === 0) continue;
      expect(seats.map(({ targets }) => targets)).toEqual(
        told[index - 1]!.seats.map(({ targets }) => targets),
      );
      expect(seats.every(({ shift }) => shift === null)).toBe(true);
    }
  });

  it("bears gaps, empty views, seats that come and go, and a camera that was away", async () => {
    const see = (time: number, faces: SeatedFace[]) =>
      attender.observe(view(time, faces, { camera: "d" }), "group");
    expect((await see(0, [])).seats).toEqual([]);
    expect((await see(600, [toBoard(1)])).seats).toHaveLength(1);
    expect((await see(4_100, [toBoard(1), toDesk(2)])).seats).toHaveLength(2);
    const after = await attender.observe(view(400_000, [toDesk(2)], { camera: "d", missing: [1] }), "exam");
    expect(after.seats.map(({ seat }) => seat)).toEqual([2]);
    // A picture from before: nothing is learnt from it and nothing breaks.
    expect((await see(399_000, [toDesk(2)])).seats).toHaveLength(1);
  });

  it("does not let its word stand for an hour when the clock was set back by one", async () => {
    const hour = 3_600_000;
    const before = (await play("e", hour, hour + 20_000, toBoard)).at(-1)!;
    const after = await play("e", 500, 15_500, toDesk);
    const said = ({ seats }: (typeof after)[number]) => seats.map(({ targets }) => targets);
    expect(said(after.at(-1)!)).not.toEqual(said(before));
    expect(said(after.at(-1)!)).not.toEqual(said(after.at(-5)!));
  });

  it("says nobody looks at a screen where there are none", () => {
    const shares = sharesOf([0.3, 0.2, 0.4, 0.1, 0], false);
    expect(shares).toEqual({ board: 0.3 / 0.6, desk: 0.2 / 0.6, screen: 0, peer: 0.1 / 0.6, away: 0 });
    expect(Object.keys(shares)).toEqual([...TARGETS]);
  });

  it("says which seconds and which signals decided", async () => {
    await play("e", 0, 30_000, (seat) => (seat % 3 ? toBoard(seat) : toDesk(seat)));
    const explanation = (await attender.explain("e", "lecture"))!;
    expect(explanation.seats).toBe(SEATS.length);
    for (const weights of [explanation.bySecond, explanation.shiftBySecond])
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 2);
    const [most] = explanation.signals;
    // Nobody's head turns in this class, some nod: whatever decides, it is not the eyelids, which nobody read.
    expect(most!.worth).toBeGreaterThan(0);
    expect(explanation.signals.find(({ signal }) => signal === "the eyelids")!.worth).toBeCloseTo(0, 5);
    expect(explanationLines(explanation).join("\n")).toMatch(
      /12 heads: board \d+ %.*\n.*α.*last second \d+ %/,
    );
    expect(await attender.explain("nobody here", "lecture")).toBeNull();
  });

  it("says the same whatever sensors say of the air, plausible or not", async () => {
    const pack = await openAttentionPack();
    const answers = async (environment: Environment) => {
      const one = await openNetworkAttender({ screens: true, environment: () => environment }, pack, log);
      const said = [];
      for (let time = 0; time < 20_000; time += 500) {
        const faces = SEATS.map((seat) => (seat % 3 ? toBoard(seat) : toDesk(seat)));
        said.push(...(await one.observe(view(time, faces), "lecture")).seats);
      }
      await one.close();
      return said.map(({ targets }) => targets.board + targets.desk);
    };
    const without = await answers({});
    for (const air of [
      { co2: 600, noise: 45, light: 400, temperature: 21 },
      { co2: 2400, noise: 68, light: 80, temperature: 27 },
      { co2: 65_535, noise: 0, light: 0, temperature: -40 },
    ]) {
      const said = await answers(air);
      const off = said.map((value, index) => Math.abs(value - without[index]!));
      expect(Math.max(...off)).toBeLessThan(1e-5);
    }
  });

  it("refuses a pack whose file is not the one its manifest names", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "attention-"));
    try {
      await cp(attentionFolder, folder, { recursive: true });
      const { files } = JSON.parse(await readFile(path.join(folder, "pack.json"), "utf8"));
      await writeFile(path.join(folder, files.int8.file), "not a network");
      await expect(openAttentionPack(folder)).rejects.toMatchObject({ code: "MODEL_HASH" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
