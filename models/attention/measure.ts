import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { openPerception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import { createLogger } from "../../gateway/log.ts";
import { defaultDataFolder } from "../../gateway/paths.ts";
import type { SeatedFace } from "../../gateway/terms.ts";
import { loadManifest, packFolder, verifyPack } from "../pack.ts";
import { writeNpy } from "./npy.ts";
import { drawRoom, HELD_OUT_KINDS, TRAINING_KINDS } from "./rooms.ts";
import { type Sight, seeLesson } from "./sights.ts";
import { cardOf, openWorld, truthRow } from "./truth.ts";

/**
 * What the real perception makes of drawn lessons whose truth is known: `SPLIT/NNNN.npy` as `export.ts` writes it,
 * and `SPLIT/NNNN.seen.npy` with what was seen (all zero where no face was found; eyesOpen -1 where it was not said).
 * Training measures its noise from them and mixes them in. Lessons that are there already are kept.
 *
 *   node dist/models/attention/measure.js FOLDER [LESSONS] [STEPS]
 */
const SEEN_COLUMNS = 10;

const seenRow = (face: SeatedFace | undefined): number[] => {
  if (!face) return new Array<number>(SEEN_COLUMNS).fill(0);
  const { box, yaw, pitch, roll, eyesOpen, score } = face;
  return [1, box.x, box.y, box.width, box.height, yaw, pitch, roll, eyesOpen ?? -1, score];
};

const SPLITS = {
  seen: { kinds: TRAINING_KINDS, firstSeed: 40_000, share: 1 },
  "seen-test": { kinds: HELD_OUT_KINDS, firstSeed: 50_000, share: 0.2 },
} as const;

export async function measureLessons(folder: string, lessons: number, steps: number): Promise<void> {
  const manifest = await loadManifest("default");
  const pack = await verifyPack(manifest, packFolder(manifest, defaultDataFolder()));
  const perception = await openPerception(perceiveOptions.parse({}), pack, createLogger("warn"));
  try {
    for (const [split, { kinds, firstSeed, share }] of Object.entries(SPLITS)) {
      await mkdir(path.join(folder, split), { recursive: true });
      for (let index = 0; index < Math.round(lessons * share); index++) {
        const name = path.join(folder, split, String(index).padStart(4, "0"));
        if (existsSync(`${name}.json`)) continue;
        const room = drawRoom(kinds[index % kinds.length]!, firstSeed + index);
        const sights: Sight[] = [];
        const began = performance.now();
        // Lessons begin anywhere, so that events and changes of activity are met as often as the rest.
        for await (const sight of seeLesson(room, perception, { steps, from: (index * 37) % 150 }))
          sights.push(sight);
        const seats = [...Array(room.students).keys()];
        const truth = sights.flatMap(({ moment }) => moment.sittings.flatMap(truthRow));
        const seen = sights.flatMap(({ found }) => seats.flatMap((seat) => seenRow(found.get(seat))));
        await writeNpy(`${name}.npy`, Float32Array.from(truth), [
          steps,
          room.students,
          truth.length / steps / room.students,
        ]);
        await writeNpy(`${name}.seen.npy`, Float32Array.from(seen), [steps, room.students, SEEN_COLUMNS]);
        await writeFile(
          `${name}.json`,
          JSON.stringify(
            cardOf(
              room,
              openWorld(room),
              sights.map(({ moment }) => moment),
            ),
          ),
        );
        const milliseconds = (performance.now() - began) / steps;
        process.stderr.write(
          `${split} ${index}: ${room.kind}, ${room.students} students, ${milliseconds.toFixed(0)} ms a picture\n`,
        );
      }
    }
  } finally {
    await perception.close();
  }
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const [folder, lessons = "20", steps = "180"] = process.argv.slice(2);
  if (!folder) throw new Error("usage: measure FOLDER [LESSONS] [STEPS]");
  await measureLessons(folder, Number(lessons), Number(steps));
}
