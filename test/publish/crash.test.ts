import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { openSpool } from "../../gateway/publish/spool/spool.ts";
import { startChild } from "../support/child.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const appending = fileURLToPath(new URL("./children/append.ts", import.meta.url));

test("whatever append resolved for is there after SIGKILL, ten times in a row", async () => {
  const folder = await temporaryFolder();
  const promised = new Set<number>();
  const delivered = new Set<number>();
  for (let round = 0; round < 10; round++) {
    const child = await startChild(appending, [folder, String(round * 1_000_000)]);
    // Long enough for files to fill up, and at another moment each time.
    await until(() => child.lines().length > 200 || undefined, 20, "the child to append");
    await new Promise((resolve) => setTimeout(resolve, round === 0 ? 1500 : Math.random() * 100));
    await child.kill();
    for (const line of child.lines())
      (line.startsWith("a") ? promised : delivered).add(Number(line.slice(2)));
  }
  const spool = await openSpool({ folder }, { log: createLogger("error"), clock: systemClock });
  const entries = await spool.take(10_000_000);
  const found = new Set(entries.map(({ message }) => Number(message.payload.split(" ")[0])));
  expect(promised.size).toBeGreaterThan(1000);
  expect([...promised].filter((name) => !found.has(name) && !delivered.has(name))).toEqual([]);
  expect(found.size).toBe(entries.length);
  expect(spool.counts().damaged).toBe(0);
  await spool.close();
});
