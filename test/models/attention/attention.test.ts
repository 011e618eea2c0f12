import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../../gateway/onnx.ts";
import {
  MOMENTS,
  openAttentionPack,
  SEAT_FEATURES,
  STEP_FEATURES,
  STEPS,
} from "../../../models/attention/pack.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const json = (name: string) => JSON.parse(readFileSync(fixture(name), "utf8"));

type Rows = number[][];
const flat = (values: unknown): number[] => (values as unknown[]).flat(3) as number[];
const numbers = (values: unknown, ...shape: number[]) => ({ data: Float32Array.from(flat(values)), shape });

describe("scaled dot-product attention", () => {
  it("is softmax(QKᵀ/√d)V, as written by hand, and gives nothing to what is masked", async () => {
    const it = json("scaled.json") as Record<string, Rows> & { h: number; d_k: number; bias: Rows };
    const session = await openSession(fixture("scaled.onnx"), "cpu", 1);
    const { queries, keys, bias } = it as unknown as { queries: Rows; keys: Rows; bias: Rows };
    const told = await session.run({
      queries: numbers(queries, 1, 2, 6),
      keys: numbers(keys, 1, 5, 6),
      bias: numbers(bias, 1, 1, 5),
    });
    await session.close();

    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const linear = (rows: Rows, name: string) =>
      rows.map((row) =>
        it[`${name}.weight`]!.map(
          (weights, i) => dot(weights, row) + (it[`${name}.bias`] as unknown as number[])[i]!,
        ),
      );
    const head = (rows: Rows, h: number) => rows.map((row) => row.slice(h * it.d_k, (h + 1) * it.d_k));
    const [q, k, v] = [linear(queries, "query"), linear(keys, "key"), linear(keys, "value")];
    const heads = Array.from({ length: it.h }, (_, h) => {
      const weights = head(q, h).map((query) => {
        const scores = head(k, h).map((key, j) => dot(query, key) / Math.sqrt(it.d_k) + flat(bias)[j]!);
        const most = Math.max(...scores);
        const grown = scores.map((score) => Math.exp(score - most));
        const sum = grown.reduce((total, value) => total + value, 0);
        return grown.map((value) => value / sum);
      });
      const seen = weights.map((row) =>
        Array.from({ length: it.d_k }, (_, c) =>
          dot(
            row,
            head(v, h).map((value) => value[c]!),
          ),
        ),
      );
      return { weights, seen };
    });
    const joined = queries.map((_, i) => heads.flatMap(({ seen }) => seen[i]!));
    for (const [i, value] of flat(linear(joined, "out")).entries())
      expect(told.out![i]).toBeCloseTo(value, 5);
    for (const [i, value] of flat(heads.map(({ weights }) => weights)).entries())
      expect(told.weights![i]).toBeCloseTo(value, 5);
    expect(heads[0]!.weights[0]![2]).toBe(0);
  });
});

describe("the trained network", () => {
  const { inputs, outputs } = json("network.json") as {
    inputs: Record<string, number[]>;
    outputs: Record<string, number[]>;
  };
  const SEATS = inputs.seen!.length;
  const feeds = (seats = SEATS) => ({
    steps: numbers(inputs.steps, 1, seats, STEPS, STEP_FEATURES.length),
    seen: numbers(inputs.seen, 1, seats, STEPS),
    seats: numbers(inputs.seats, 1, seats, SEAT_FEATURES.length),
    room: numbers(inputs.room, 1, inputs.room!.length),
  });
  let float32: Session;
  let int8: Session;
  beforeAll(async () => {
    float32 = await openSession((await openAttentionPack(undefined, "float32")).path, "cpu", 1);
    int8 = await openSession((await openAttentionPack(undefined, "int8")).path, "cpu", 1);
  });
  afterAll(async () => {
    await float32.close();
    await int8.close();
  });

  it("answers in ONNX what it answers in PyTorch, to 1e-4", async () => {
    const told = await float32.run(feeds());
    for (const [name, expected] of Object.entries(outputs)) {
      for (const [i, value] of [expected].flat(3).entries())
        expect(Math.abs(told[name]![i]! - value)).toBeLessThan(1e-4);
    }
  });

  it("answers nearly the same in int8, as distributions", async () => {
    const [a, b] = [await float32.run(feeds()), await int8.run(feeds())];
    for (let seat = 0; seat < SEATS; seat++) {
      const [p, q] = [a, b].map((told) => told.targets!.slice(seat * 5, seat * 5 + 5)) as [
        Float32Array,
        Float32Array,
      ];
      expect(q.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
      const distance = p.reduce((sum, value, i) => sum + Math.abs(value - q[i]!), 0) / 2;
      expect(distance).toBeLessThan(0.1);
    }
  });

  it("does not care what stands where nothing was seen", async () => {
    const told = await float32.run(feeds());
    const junk = fc.integer({ min: -1000, max: 1000 });
    await fc.assert(
      fc.asyncProperty(junk, async (value) => {
        const filled = feeds();
        for (let look = 0; look < SEATS * STEPS; look++) {
          const row = filled.steps.data.subarray(
            look * STEP_FEATURES.length,
            (look + 1) * STEP_FEATURES.length,
          );
          if (filled.seen.data[look] === 0) row.fill(value);
        }
        const again = await float32.run(filled);
        for (const name of ["targets", "shift", "alpha", "beta", "room_targets"])
          expect([...again[name]!]).toEqual([...told[name]!]);
      }),
      { numRuns: 20 },
    );
  });

  it("gives a moment that was not seen no weight", async () => {
    const { alpha, beta } = await float32.run(feeds());
    const seen = flat(inputs.seen);
    let unseen = 0;
    for (let moment = 0; moment < SEATS * MOMENTS; moment++) {
      if (seen[2 * moment] || seen[2 * moment + 1]) continue;
      unseen++;
      expect(alpha![moment]).toBeLessThan(1e-6);
      expect(beta![moment]).toBeLessThan(1e-6);
    }
    expect(unseen).toBeGreaterThan(0);
    expect(alpha!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(SEATS, 3);
  });

  it("answers in the order in which the seats are given", async () => {
    const told = await float32.run(feeds());
    const order = [3, 0, 4, 1, 2];
    const swapped = (values: number[]) => order.map((seat) => values[seat]);
    const again = await float32.run({
      ...feeds(),
      steps: numbers(swapped(inputs.steps!), 1, SEATS, STEPS, STEP_FEATURES.length),
      seen: numbers(swapped(inputs.seen!), 1, SEATS, STEPS),
      seats: numbers(swapped(inputs.seats!), 1, SEATS, SEAT_FEATURES.length),
    });
    for (const [place, seat] of order.entries()) {
      for (let k = 0; k < 5; k++)
        expect(again.targets![place * 5 + k]).toBeCloseTo(told.targets![seat * 5 + k]!, 4);
    }
    for (let k = 0; k < 5; k++) expect(again.room_targets![k]).toBeCloseTo(told.room_targets![k]!, 4);
  });
});
