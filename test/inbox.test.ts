import { expect, it } from "vitest";
import { openInbox } from "../gateway/inbox.ts";

/** An inbox for numbers, each its own packet id, and what comes of them: ids acknowledged, numbers failed. */
function opened(handle: (letter: number) => Promise<void>, atOnce: number) {
  const came: string[] = [];
  const inbox = openInbox<number>({
    atOnce,
    earlier: undefined,
    handle,
    failed: (letter) => void came.push(`failed ${letter}`),
    write(bytes) {
      for (let at = 0; at < bytes.length; at += 4) came.push(`PUBACK ${bytes.readUInt16BE(at + 2)}`);
    },
  });
  const take = (letter: number) => inbox.take(letter, letter, () => {});
  return { inbox, take, came };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it("acknowledges in the order in which messages came, whichever is handled first", async () => {
  const done = new Map<number, () => void>();
  const { take, came } = opened((letter) => new Promise((resolve) => done.set(letter, resolve)), 3);
  for (const letter of [1, 2, 3]) take(letter);
  done.get(2)!();
  await turn();
  expect(came).toEqual([]);
  done.get(1)!();
  done.get(3)!();
  await turn();
  await turn();
  expect(came).toEqual(["PUBACK 1", "PUBACK 2", "PUBACK 3"]);
});

it("acknowledges what was handled in the same turn before one that fails, and nothing after it", async () => {
  const { inbox, take, came } = opened(async (letter) => {
    if (letter === 2) throw new Error("the store is down");
  }, 3);
  for (const letter of [1, 2, 3]) take(letter);
  await inbox.settled();
  await turn();
  expect(came).toEqual(["PUBACK 1", "failed 2"]);
});
