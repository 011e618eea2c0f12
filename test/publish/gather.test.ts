import { expect, test } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { gather } from "../../gateway/publish/spool/gather.ts";
import type { Clock, Message } from "../../gateway/terms.ts";

const log = createLogger("error").child({}, { level: "silent" });

const message = (payload: string): Message => ({
  topic: "classroom/v1/demo/room-1/focus",
  payload,
  retain: false,
  kind: "focus",
});

test("writes what comes after a pause at once, and groups of a burst only so far apart as was asked", async () => {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    sleep: async (ms) => {
      now += Math.max(0, ms);
    },
  };
  const written: { at: number; payloads: string[] }[] = [];
  const gathering = gather(
    {
      commitMilliseconds: 100,
      write: async (group) => {
        written.push({ at: now, payloads: group.map((one) => String(one.message.payload)) });
        now += 5; // a sync
        for (const [index, one] of group.entries()) one.resolve(index);
        return { left: [] };
      },
    },
    { log, clock },
  );
  const add = (...payloads: string[]) =>
    Promise.all(payloads.map((payload) => gathering.add(message(payload))));

  await add("a", "b");
  await add("c");
  now = 1000;
  await add("d", "e");
  await gathering.close();

  expect(written).toEqual([
    { at: 0, payloads: ["a", "b"] },
    { at: 100, payloads: ["c"] },
    { at: 1000, payloads: ["d", "e"] },
  ]);
});
