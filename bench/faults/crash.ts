import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock as clock } from "../../gateway/clock.ts";
import { openSpool } from "../../gateway/publish/spool/spool.ts";
import { openJournal } from "../../gateway/record/journal.ts";
import type { Influx } from "../../test/support/influxd.ts";
import { until } from "../../test/support/programs.ts";
import { type Case, tally, upTo } from "./case.ts";
import type { Place } from "./place.ts";
import { watchSyncs } from "./power.ts";
import type { Order } from "./windows.ts";

/** Kills a gateway under load again and again; what it took in must be in the database, once. */
async function killAgainAndAgain(
  place: Place,
  kills: number,
): Promise<{ lost: number; duplicated: number; taken: number }> {
  const influx = await place.influx();
  const broker = await place.mosquitto();
  const record = { embedded: false, influx: { version: "1", url: influx.url } } as const;
  const setups: Order[] = [
    { folder: await place.subfolder("embedded"), record, root: "classroom/v1/north/embedded" },
    {
      folder: await place.subfolder("mosquitto"),
      record,
      root: "classroom/v1/north/mosquitto",
      broker: broker.url,
    },
  ];
  const taken: number[][] = [[], []];
  for (let round = 0; round < kills; round++) {
    const which = round % 2;
    const send = { from: round * 10_000, count: 10_000, atOnce: 200, perSecond: 4_000 };
    const child = await place.child({ ...setups[which]!, send });
    await until(() => (child.taken.length > 0 ? true : undefined), 20, "the first message to be taken in");
    await sleep(Math.random() * 400);
    await child.kill();
    taken[which]!.push(...child.taken);
  }
  for (const setup of setups) await finish(place, { ...setup, send: { from: 0, count: 0 } });
  let lost = 0;
  let duplicated = 0;
  for (const [which, room] of ["embedded", "mosquitto"].entries()) {
    const found = await numbersOf(influx, room);
    const result = tally(taken[which]!, found);
    lost += result.lost;
    duplicated += result.duplicated;
  }
  return { lost, duplicated, taken: taken.flat().length };
}

const numbersOf = async (influx: Influx, room: string) =>
  (await influx.query(`SELECT heads FROM focus WHERE room = '${room}'`)).map(({ heads }) => Number(heads));

/** Lets a gateway bring what is left. */
async function finish(place: Place, order: Order): Promise<void> {
  const child = await place.child(order);
  await until(
    () => {
      const { publisher, record } = child.status() ?? {};
      if (!publisher?.connected || publisher.spoolDepth > 0) return undefined;
      return record?.sinks.influx?.ok && record.sinks.influx.backlog === 0 ? true : undefined;
    },
    90,
    "the rest to arrive",
  );
  await child.kill("SIGTERM");
}

const quiet = (place: Place) => ({ log: place.log, clock });
const message = (number: number) =>
  ({ topic: "t", payload: `${number} ${"x".repeat(100)}`, retain: false, kind: "focus" }) as const;
const numberOf = (payload: string) => Number(payload.split(" ")[0]);

/** A journal of numbers. */
const openBook = (folder: string) =>
  openJournal<number>({
    folder,
    segmentBytes: 4_000,
    capacityBytes: 1e9,
    onOverflow: () => {},
    onAppended: () => {},
    onProblem: () => {},
    clock,
  });

export const crashes: readonly Case[] = [
  {
    number: 1,
    title: "SIGKILL of the gateway, 100 times under load, half of them with the embedded broker",
    expected: "every message taken in is in InfluxDB, once",
    needs: ["mosquitto", "influxd"],
    async run(place) {
      const { lost, duplicated, taken } = await killAgainAndAgain(place, 100);
      const seen = `${taken} messages taken in over 100 kills`;
      return { seen, lost, duplicated, ok: lost === 0 && duplicated === 0 && taken > 5_000 };
    },
  },
  {
    number: 2,
    title: "SIGKILL between cursor and unlink (the files put back as such a kill leaves them)",
    expected: "nothing delivered again, the files gone, new messages go on",
    quick: true,
    async run(place) {
      const folder = await place.subfolder("spool");
      const spool = await openSpool({ folder, segmentBytes: 2_000, commitMilliseconds: 1 }, quiet(place));
      for (const number of upTo(100)) await spool.append(message(number));
      const before = await place.subfolder("before");
      await cp(path.join(folder, "focus"), before, { recursive: true });
      const taken = await spool.take(100);
      spool.acknowledge(taken.at(-1)!.sequence);
      await spool.close();
      await cp(before, path.join(folder, "focus"), { recursive: true });
      const again = await openSpool({ folder }, quiet(place));
      const redelivered = await again.take(1000);
      const files = (await readdir(path.join(folder, "focus"))).length;
      await again.append(message(100));
      const next = (await again.take(10)).map((entry) => numberOf(entry.message.payload));
      await again.close();
      const ok = redelivered.length === 0 && files === 0 && next.join() === "100";
      const seen = `${redelivered.length} delivered again, ${files} files left`;
      return { seen, lost: 0, duplicated: redelivered.length, ok };
    },
  },
  {
    number: 3,
    title: "power loss at 60 moments, simulated: only bytes and names that had been synced remain",
    expected: "spool and journal hold every message taken in",
    quick: true,
    async run(place) {
      const root = await place.subfolder("disk");
      const disk = await watchSyncs(root);
      place.onEnd(() => disk.stop());
      const spool = await openSpool(
        { folder: path.join(root, "data", "spool"), segmentBytes: 4_000, commitMilliseconds: 1 },
        quiet(place),
      );
      const journal = await openBook(path.join(root, "data", "journal"));
      const promised: number[] = [];
      const written: number[] = [];
      const delivered = new Set<number>();
      const cuts: { disk: string; promised: number[]; written: number[]; delivered: Set<number> }[] = [];
      for (const round of upTo(60)) {
        const batch = upTo(5, round * 5);
        const work = batch.flatMap((number) => [
          spool.append(message(number)).then(() => void promised.push(number)),
          journal.append(number).then(() => void written.push(number)),
        ]);
        await Promise.race([Promise.all(work), sleep(Math.random() * 4)]);
        const copy = await place.subfolder(`cut-${round}`);
        const state = { promised: [...promised], written: [...written], delivered: new Set(delivered) };
        disk.restoreInto(copy);
        cuts.push({ disk: copy, ...state });
        await Promise.all(work);
        const taken = await spool.take(3);
        for (const entry of taken) delivered.add(numberOf(entry.message.payload));
        if (taken.length > 0) spool.acknowledge(taken.at(-1)!.sequence);
      }
      await spool.close();
      await journal.close();
      disk.stop();
      let lost = 0;
      for (const cut of cuts) {
        await mkdir(path.join(cut.disk, "data"), { recursive: true });
        const after = await openSpool({ folder: path.join(cut.disk, "data", "spool") }, quiet(place));
        const found = (await after.take(10_000)).map((entry) => numberOf(entry.message.payload));
        await after.close();
        lost += tally(
          cut.promised.filter((number) => !cut.delivered.has(number)),
          found,
        ).lost;
        const book = await openBook(path.join(cut.disk, "data", "journal"));
        const records: number[] = [];
        for (let position = 0; position < book.end; ) {
          const { values, next } = await book.read(position, book.end, 1_000);
          records.push(...values);
          position = next;
        }
        await book.close();
        lost += tally(cut.written, records).lost;
      }
      return {
        seen: `${cuts.length} cuts, ${promised.length} messages`,
        lost,
        duplicated: 0,
        ok: lost === 0,
      };
    },
  },
  {
    number: 4,
    title: "torn last record",
    expected: "cut off and counted; everything before it delivered",
    quick: true,
    run: (place) =>
      damage(
        place,
        async (folder) => {
          const file = path.join(folder, "focus", (await readdir(path.join(folder, "focus")))[0]!);
          const bytes = await readFile(file);
          await writeFile(file, Buffer.concat([bytes, bytes.subarray(0, 70)]));
        },
        { lost: 0, says: ({ torn, damaged }) => torn === 1 && damaged === 0 },
      ),
  },
  {
    number: 5,
    title: "a flipped bit in the middle",
    expected: "that one message set aside and counted; all others delivered",
    quick: true,
    run: (place) =>
      damage(
        place,
        async (folder) => {
          const file = path.join(folder, "focus", (await readdir(path.join(folder, "focus")))[0]!);
          const bytes = await readFile(file);
          bytes[bytes.length >> 1]! ^= 4;
          await writeFile(file, bytes);
        },
        { lost: 1, says: ({ damaged, quarantined }) => damaged === 1 && quarantined === 1 },
      ),
  },
  {
    number: 6,
    title: "empty and zero-filled segments",
    expected: "passed over; every message delivered, new ones too",
    quick: true,
    run: (place) =>
      damage(
        place,
        async (folder) => {
          const name = (number: number) =>
            path.join(folder, "focus", `${String(number).padStart(16, "0")}.log`);
          await writeFile(name(1_000), "");
          await writeFile(name(2_000), Buffer.alloc(8192));
        },
        { lost: 0, says: () => true },
      ),
  },
  {
    number: 7,
    title: "cursor missing, and cursor garbage",
    expected: "everything that is there delivered again, nothing lost",
    quick: true,
    async run(place) {
      const counts: number[] = [];
      let lost = 0;
      for (const [i, spoil] of [
        (file: string) => rm(file),
        (file: string) => writeFile(file, Buffer.alloc(8192, 0xa5)),
      ].entries()) {
        const folder = await place.subfolder(`spool-${i}`);
        const spool = await openSpool({ folder, commitMilliseconds: 1 }, quiet(place));
        await Promise.all(upTo(50).map((number) => spool.append(message(number))));
        spool.acknowledge((await spool.take(20)).at(-1)!.sequence);
        await spool.close();
        await spoil(path.join(folder, "cursor"));
        const again = await openSpool({ folder }, quiet(place));
        const found = (await again.take(1000)).map((entry) => numberOf(entry.message.payload));
        await again.close();
        counts.push(found.length);
        lost += tally(upTo(50), found).lost;
      }
      return { seen: `${counts.join(" and ")} of 50 delivered again`, lost, duplicated: 0, ok: lost === 0 };
    },
  },
];

interface Found {
  readonly torn: number;
  readonly damaged: number;
  readonly quarantined: number;
}

/** Fifty messages on disk, then the damage, then a new start. */
async function damage(
  place: Place,
  spoil: (folder: string) => Promise<void>,
  expected: { lost: number; says: (found: Found) => boolean },
) {
  const folder = await place.subfolder("spool");
  const spool = await openSpool({ folder, commitMilliseconds: 5 }, quiet(place));
  await Promise.all(upTo(50).map((number) => spool.append(message(number))));
  await spool.close();
  await spoil(folder);
  const again = await openSpool({ folder, commitMilliseconds: 1 }, quiet(place));
  const { torn, damaged } = again.counts();
  await again.append(message(50));
  const numbers = (await again.take(1000)).map((entry) => numberOf(entry.message.payload));
  await again.close();
  const quarantined = (await readdir(path.join(folder, "quarantine")).catch(() => [])).length;
  const { lost, duplicated } = tally(upTo(51), numbers);
  const ok = lost === expected.lost && duplicated === 0 && expected.says({ torn, damaged, quarantined });
  return { seen: `torn ${torn}, damaged ${damaged}, set aside ${quarantined}`, lost, duplicated, ok };
}

/** Fewer kills, for every change. */
export const fewKills: Case = {
  ...crashes[0]!,
  title: "SIGKILL of the gateway, 6 times under load",
  quick: true,
  async run(place) {
    const { lost, duplicated, taken } = await killAgainAndAgain(place, 6);
    const ok = lost === 0 && duplicated === 0 && taken > 100;
    return { seen: `${taken} messages taken in over 6 kills`, lost, duplicated, ok };
  },
};
