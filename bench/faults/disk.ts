import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock as clock } from "../../gateway/clock.ts";
import { GatewayError } from "../../gateway/errors.ts";
import { openSpool } from "../../gateway/publish/spool/spool.ts";
import { MESSAGE_CLASSES, type MessageClass } from "../../gateway/terms.ts";
import { type Case, numbersIn, tally, upTo } from "./case.ts";
import type { House, Place } from "./place.ts";
import { openVolume } from "./volume.ts";

/** A file system of its own in memory, of so many kilobytes. */
async function smallDisk(place: Place, kilobytes: number): Promise<string> {
  const folder = await place.subfolder("disk");
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "focus-gateway-faults", folder]);
  place.onEnd(() => execFileSync("umount", ["-l", folder]));
  return folder;
}

const message = (number: number, kind: MessageClass = "focus", bytes = 1000) => ({
  topic: "t",
  payload: `${number} ${"x".repeat(bytes)}`,
  retain: false,
  kind,
});
const numberOf = (payload: string) => Number(payload.split(" ")[0]);

export const disks: readonly Case[] = [
  {
    number: 8,
    title: "disk full during append, then freed: spool and journal",
    expected: "nothing promised that is not written; all of it in InfluxDB once there is space",
    quick: true,
    needs: ["root", "mosquitto", "influxd"],
    async run(place) {
      const disk = await smallDisk(place, 6_000);
      const influx = await place.influx();
      const broker = await place.mosquitto();
      const ballast = path.join(disk, "ballast");
      const record = { embedded: false, influx: { version: "1", url: influx.url } };
      const house = await place.house({ folder: path.join(disk, "data"), broker: broker.url, record });
      await house.send(0, 50);
      await house.drained();
      await writeFile(ballast, Buffer.alloc(8_000_000)).catch(() => {}); // up to the last block
      let promised = 0;
      const sending = Promise.all(
        upTo(2000, 50).map((n) => house.send(n, n + 1).then(() => (promised += 1))),
      );
      await sleep(1500);
      const whileFull = promised;
      await rm(ballast);
      await sending;
      await house.drained();
      const { lost, duplicated } = tally(upTo(2050), await numbersIn(influx));
      const seen = `${whileFull} of 2000 promised while full, 2000 afterwards`;
      return { seen, lost, duplicated, ok: lost === 0 && duplicated === 0 && whileFull < 2000 };
    },
  },
  {
    number: 9,
    title: "read-only volume: at the start, and turning read-only under load (ext4 that finds an error)",
    expected:
      "SPOOL_UNWRITABLE with what to do; nothing promised meanwhile; once mended every message is in InfluxDB, once",
    quick: true,
    needs: ["root", "mosquitto", "influxd", "volume"],
    async run(place) {
      const volume = await openVolume(place);
      const influx = await place.influx();
      const broker = await place.mosquitto();
      const folder = path.join(volume.folder, "data");
      const record = { embedded: false, influx: { version: "1", url: influx.url } };
      const first = await place.house({ folder, broker: broker.url, record });
      let promised = 0;
      const send = (house: House, numbers: readonly number[]) =>
        numbers.map((n) =>
          house.send(n, n + 1).then(
            () => (promised += 1),
            () => {},
          ),
        );
      await Promise.all(send(first, upTo(500)));
      void send(first, upTo(200, 500));
      await volume.fail();
      await sleep(500);
      const before = promised;
      const refused = send(first, upTo(500, 700));
      await sleep(2_000);
      const whileFailed = promised - before;
      await first.close();
      await Promise.all(refused);
      const atStart = await place.house({ folder, broker: broker.url, record }).then(
        () => "opened",
        (error) => (error instanceof GatewayError ? error.code : String(error)),
      );
      volume.mend();
      const again = await place.house({ folder, broker: broker.url, record });
      await Promise.all(send(again, upTo(100, 2_000)));
      await again.drained();
      const found = await numbersIn(influx);
      // Those whose sync was under way may be there too: nothing was promised of them, and once is not twice.
      const { lost, duplicated } = tally([...upTo(before), ...upTo(100, 2_000)], found);
      const seen = `${before} promised before, ${whileFailed} while it was read-only; at the start ${atStart}`;
      return {
        seen,
        lost,
        duplicated,
        ok: lost + duplicated + whileFailed === 0 && before >= 500 && atStart === "SPOOL_UNWRITABLE",
      };
    },
  },
  {
    number: 10,
    title: "spool cap reached (1 MB, with 3 MB to keep)",
    expected: "the oldest of the least important go first, counted; focus is whole; the rest is delivered",
    quick: true,
    async run(place) {
      const folder = await place.subfolder("spool");
      const context = { log: place.log, clock };
      const spool = await openSpool({ folder, maximumMegabytes: 1, commitMilliseconds: 1 }, context);
      const each = 700;
      let refused = 0;
      for (const number of upTo(each))
        await Promise.all(
          MESSAGE_CLASSES.map((kind) =>
            spool.append(message(number, kind)).catch(() => {
              refused += 1;
            }),
          ),
        );
      const { dropped } = spool.counts();
      const entries = await spool.take(10_000);
      const kept = (kind: MessageClass) =>
        entries
          .filter((entry) => entry.message.kind === kind)
          .map((entry) => numberOf(entry.message.payload));
      const uncounted = MESSAGE_CLASSES.reduce(
        (sum, kind) => sum + each - kept(kind).length - dropped[kind],
        0,
      );
      const newestOnly = MESSAGE_CLASSES.every((kind) => {
        const numbers = kept(kind);
        return numbers.length === 0 || numbers.at(-1)! - numbers[0]! === numbers.length - 1;
      });
      const bytes = spool.bytes();
      await spool.close();
      const ok =
        kept("focus").length === each && dropped.health > 0 && uncounted === 0 && newestOnly && bytes <= 1e6;
      const gone = MESSAGE_CLASSES.map((kind) => `${kind} ${dropped[kind]}`).join(", ");
      return {
        seen: `dropped ${gone}; refused ${refused}; uncounted ${uncounted}`,
        lost: uncounted,
        duplicated: 0,
        ok,
      };
    },
  },
];
