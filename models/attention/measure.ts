import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { openPerception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import { createLogger } from "../../gateway/log.ts";
import { defaultDataFolder } from "../../gateway/paths.ts";
import type { SeatedFace } from "../../gateway/terms.ts";
import { loadManifest, packFolder, verifyPack } from "../pack.ts";
import { writeNpy } from "./npy.ts";
import { type DrawnRoom, drawRoom, TRAINING_KINDS } from "./rooms.ts";
import { type Sight, seeLesson } from "./sights.ts";
import { cardOf, openWorld, TRUTH_COLUMNS, truthRow } from "./truth.ts";

/**
 * What the real perception makes of drawn lessons whose truth is known: `seen/NNNN.npy` as `export.ts` writes it,
 * and `seen/NNNN.seen.npy` with what was seen (all zero where no face was found; eyesOpen -1 where it was not said).
 * Training measures its noise from them and mixes them in. Lessons that are there already are kept.
 *
 *   node dist/models/attention/measure.js FOLDER [LESSONS] [STEPS] [PART/PARTS]
 */
const SEEN_COLUMNS = 10;

const seenRow = (face: SeatedFace | undefined): number[] => {
  if (!face) return new Array<number>(SEEN_COLUMNS).fill(0);
  const { box, yaw, pitch, roll, eyesOpen, score } = face;
  return [1, box.x, box.y, box.width, box.height, yaw, pitch, roll, eyesOpen ?? -1, score];
};

const FIRST_SEED = 40_000;

/** Of several processes side by side, this one draws every `parts`-th lesson, from lesson `part` on. */
export interface Share {
  readonly part: number;
  readonly parts: number;
}

export async function measureLessons(
  folder: string,
  lessons: number,
  steps: number,
  { part, parts }: Share = { part: 0, parts: 1 },
): Promise<void> {
  const manifest = await loadManifest("default");
  const pack = await verifyPack(manifest, packFolder(manifest, defaultDataFolder()));
  const perception = await openPerception(perceiveOptions.parse({}), pack, createLogger("warn"));
  try {
    await mkdir(path.join(folder, "seen"), { recursive: true });
    for (let index = part; index < lessons; index += parts) {
      const name = path.join(folder, "seen", String(index).padStart(4, "0"));
      if (existsSync(`${name}.json`)) continue;
      const room = drawRoom(TRAINING_KINDS[index % TRAINING_KINDS.length]!, FIRST_SEED + index);
      const sights: Sight[] = [];
      const began = performance.now();
      // Lessons begin anywhere, so that events and changes of activity are met as often as the rest.
      for await (const sight of seeLesson(room, perception, { steps, from: (index * 37) % 150 }))
        sights.push(sight);
      await writeSights(name, room, sights);
      const milliseconds = (performance.now() - began) / steps;
      process.stderr.write(
        `${index}: ${room.kind}, ${room.students} students, ${milliseconds.toFixed(0)} ms a picture\n`,
      );
    }
  } finally {
    await perception.close();
  }
}

/** The card comes last: a lesson that was broken off is drawn again. */
async function writeSights(name: string, room: DrawnRoom, sights: readonly Sight[]): Promise<void> {
  const [steps, seats] = [sights.length, [...Array(room.students).keys()]];
  const truth = sights.flatMap(({ moment }) => moment.sittings.flatMap(truthRow));
  const seen = sights.flatMap(({ found }) => seats.flatMap((seat) => seenRow(found.get(seat))));
  await writeNpy(`${name}.npy`, Float32Array.from(truth), [steps, room.students, TRUTH_COLUMNS.length]);
  await writeNpy(`${name}.seen.npy`, Float32Array.from(seen), [steps, room.students, SEEN_COLUMNS]);
  const moments = sights.map(({ moment }) => moment);
  await writeFile(`${name}.json`, JSON.stringify(cardOf(room, openWorld(room), moments)));
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const [folder, lessons = "20", steps = "180", share = "1/1"] = process.argv.slice(2);
  if (!folder) throw new Error("usage: measure FOLDER [LESSONS] [STEPS] [PART/PARTS]");
  const [part, parts] = share.split("/").map(Number) as [number, number];
  await measureLessons(folder, Number(lessons), Number(steps), { part: part - 1, parts });
}
