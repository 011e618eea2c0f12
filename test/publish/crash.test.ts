import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { openSpool } from "../../gateway/publish/spool/spool.ts";
import { MESSAGE_CLASSES } from "../../gateway/terms.ts";
import { startChild } from "../support/child.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const quiet = { log: createLogger("error").child({}, { level: "silent" }), clock: systemClock };

/** A file system of that many kilobytes in memory; null where one may not be mounted (only root may). */
function smallDisk(folder: string, kilobytes: number): string | null {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "focus-gateway-test", folder], {
      stdio: "ignore",
    });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}

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

test("on a full disk nothing is promised, and all of it is written once there is space (needs root)", async ({
  skip,
}) => {
  const disk = smallDisk(await temporaryFolder(), 400);
  if (!disk) return skip("a small file system cannot be mounted here");
  const ballast = path.join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(250_000));
  const spool = await openSpool({ folder: path.join(disk, "spool"), commitMilliseconds: 1 }, quiet);
  let promised = 0;
  const sends = Array.from({ length: 300 }, async (_, n) => {
    const kind = MESSAGE_CLASSES[n % 4]!;
    await spool.append({ topic: "t", payload: `${n} ${"x".repeat(1000)}`, retain: false, kind });
    promised += 1;
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  const promisedWhileFull = promised;
  expect(promisedWhileFull).toBeLessThan(300);
  expect((await spool.take(1000)).length).toBe(promisedWhileFull);
  // A delivery must still be remembered: the cursor's place on disk was taken before there was none left.
  spool.rewind();
  const early = await spool.take(1);
  spool.acknowledge(early[0]!.sequence);

  await rm(ballast);
  await Promise.all(sends);
  spool.rewind();
  const names = (await spool.take(1000)).map(({ message }) => Number(message.payload.split(" ")[0]));
  expect(new Set(names).size).toBe(299);
  expect(names).toHaveLength(299);
  await spool.close();
  const again = await openSpool({ folder: path.join(disk, "spool") }, quiet);
  expect(again.counts()).toMatchObject({ torn: 0, damaged: 0 });
  expect(again.depth()).toBe(299);
  await again.close();
});
