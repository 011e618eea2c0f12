import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeNpy } from "./npy.ts";
import { drawRoom, HELD_OUT_KINDS, type Kind, TRAINING_KINDS } from "./rooms.ts";
import { cardOf, momentsOf, openWorld, STEP_SECONDS, TRUTH_COLUMNS, truthRow } from "./truth.ts";

/**
 * Plays lessons drawn by lot, without pixels, and writes what is exactly true of every seat twice a second:
 * `SPLIT/NNNN.npy`, steps × seats × columns, and `SPLIT/NNNN.json` with the room beside it.
 *
 *   node dist/models/attention/export.js FOLDER [LESSONS] [MINUTES]
 */
export const SPLITS: Readonly<Record<string, { kinds: readonly Kind[]; firstSeed: number; share: number }>> =
  {
    train: { kinds: TRAINING_KINDS, firstSeed: 10_000, share: 1 },
    valid: { kinds: TRAINING_KINDS, firstSeed: 20_000, share: 0.12 },
    test: { kinds: HELD_OUT_KINDS, firstSeed: 30_000, share: 0.12 },
  };

export async function exportLessons(folder: string, lessons: number, minutes: number): Promise<void> {
  for (const [split, { kinds, firstSeed, share }] of Object.entries(SPLITS)) {
    await mkdir(path.join(folder, split), { recursive: true });
    const count = Math.max(2, Math.round(lessons * share));
    for (let index = 0; index < count; index++) {
      const room = drawRoom(kinds[index % kinds.length]!, firstSeed + index, minutes);
      const world = openWorld(room);
      const moments = momentsOf(world, Math.floor(world.seconds / STEP_SECONDS));
      const rows = moments.flatMap(({ sittings }) => sittings.flatMap(truthRow));
      const name = path.join(folder, split, String(index).padStart(4, "0"));
      const shape = [moments.length, room.students, TRUTH_COLUMNS.length];
      await writeNpy(`${name}.npy`, Float32Array.from(rows), shape);
      await writeFile(`${name}.json`, JSON.stringify(cardOf(room, world, moments)));
    }
    process.stderr.write(`${split}: ${count} lessons\n`);
  }
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const [folder, lessons = "320", minutes = "5"] = process.argv.slice(2);
  if (!folder) throw new Error("usage: export FOLDER [LESSONS] [MINUTES]");
  await exportLessons(folder, Number(lessons), Number(minutes));
}
