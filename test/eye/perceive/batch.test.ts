import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askAll } from "../../../gateway/eye/perceive/batch.ts";
import type { Answers, Network } from "../../../gateway/eye/perceive/providers/network.ts";

/**
 * A network of one byte a picture that answers with twice that byte. Like the real one it has two batches in turn, does one
 * run after the other, and takes its pictures only as a run begins.
 */
function doubling(room: number, failsAt = Number.POSITIVE_INFINITY) {
  const batches = [new Uint8Array(room * 3), new Uint8Array(room * 3)];
  const state = { runs: [] as number[], waiting: 0, mostWaiting: 0 };
  let turn = 0;
  let last: Promise<unknown> = Promise.resolve();
  const network: Network = {
    ...{ size: { width: 1, height: 1 }, room },
    slot: (index) => batches[turn % 2]!.subarray(index * 3, index * 3 + 3),
    run(count) {
      const pictures = batches[turn % 2]!;
      const isLast = turn === failsAt;
      turn += 1;
      state.runs.push(count);
      state.waiting += 1;
      state.mostWaiting = Math.max(state.mostWaiting, state.waiting);
      const said = last.then(async (): Promise<Answers> => {
        await new Promise(setImmediate);
        state.waiting -= 1;
        if (isLast) throw new Error("out of memory");
        const doubled = Float32Array.from({ length: count }, (_, index) => 2 * pictures[index * 3]!);
        return (_, index) => doubled.subarray(index, index + 1);
      });
      last = said.catch(() => {});
      return said;
    },
  };
  return { network, state };
}

const ask = (network: Network, things: readonly number[]) =>
  askAll(
    network,
    things,
    (thing, slot) => slot.fill(thing),
    (said, thing) => [thing, said("twice")[0]!] as const,
  );

describe("asking a network in batches", () => {
  it("answers each thing, in order, with what was drawn for it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (things, room) => {
          const { network, state } = doubling(room);
          expect(await ask(network, things)).toEqual(things.map((thing) => [thing, 2 * thing]));
          expect(state.runs.reduce((sum, count) => sum + count, 0)).toBe(things.length);
        },
      ),
    );
  });

  it("asks for the next run before one has ended, so that the network never waits for us", async () => {
    const { network, state } = doubling(2);
    await ask(network, [1, 2, 3, 4, 5, 6, 7]);
    expect(state).toMatchObject({ runs: [2, 2, 2, 1], mostWaiting: 2 });
  });

  it("throws what a run throws, and what is asked next is answered rightly", async () => {
    const { network } = doubling(2, 1);
    await expect(ask(network, [1, 2, 3, 4, 5, 6])).rejects.toThrow("out of memory");
    expect(await ask(network, [7, 8, 9])).toEqual([
      [7, 14],
      [8, 16],
      [9, 18],
    ]);
  });
});
