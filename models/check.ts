import { existsSync } from "node:fs";
import path from "node:path";
import { openPerception, perceiveOptions } from "../gateway/eye/perceive/perceive.ts";
import { checkLesson, checkPhotographs } from "../gateway/eye/perceive/selfcheck.ts";
import type { Logger } from "../gateway/log.ts";
import { packageRoot } from "../gateway/paths.ts";
import type { CheckRow } from "./checkRow.ts";
import type { PreparedPack } from "./manifest.ts";
import { parityRows } from "./parityRows.ts";

export interface CheckOptions {
  readonly log: Logger;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Test photographs of real people; a development dependency, so not on every machine. */
const PHOTOGRAPHS = path.join(packageRoot, "node_modules", "@vladmandic", "face-api", "demo");
const FRAMES = 16;
const SEEDS = [1, 2];

/**
 * Runs a pack on real photographs and on a drawn class whose truth is known. With another pack, or after a change to
 * it, the figures say whether the gateway can still be trusted. Takes about ten seconds. Throws MODEL_LOAD.
 */
export async function checkPack(pack: PreparedPack, { log, onProgress }: CheckOptions): Promise<CheckRow[]> {
  const steps = 1 + FRAMES * SEEDS.length;
  const perception = await openPerception(perceiveOptions.parse({}), pack, log);
  try {
    const { provider, precision } = perception.engine;
    const rows: CheckRow[] = [
      { what: "runs on", value: `${provider}, ${precision}`, goal: "any provider", ok: true },
    ];
    rows.push(...(await parityRows(pack, log)), ...(await photographRows()));
    onProgress?.(1, steps);

    const lessons = [];
    for (const [index, seed] of SEEDS.entries()) {
      const onFrame = (done: number) => onProgress?.(1 + index * FRAMES + done, steps);
      lessons.push(await checkLesson(perception, { frames: FRAMES, seed, onFrame }));
    }
    rows.push(...lessonRows(lessons));
    return rows;
  } finally {
    await perception.close();
  }

  async function photographRows(): Promise<CheckRow[]> {
    const what = "faces found in six photographs";
    const goal = "at least 21 of 22, at most 2 where there are none";
    if (!existsSync(PHOTOGRAPHS))
      return [
        {
          what,
          value: "not run: the photographs are not installed (npm ci without --omit=dev)",
          goal,
          ok: null,
        },
      ];
    const { there, found, invented } = await checkPhotographs(perception, PHOTOGRAPHS, log);
    const ok = found >= there - 1 && invented <= 2;
    return [{ what, value: `${found} of ${there}, and ${invented} where there are none`, goal, ok }];
  }
}

function lessonRows(lessons: readonly Awaited<ReturnType<typeof checkLesson>>[]): CheckRow[] {
  type Figure = keyof (typeof lessons)[number];
  const sum = (figure: Figure) => lessons.reduce((total, lesson) => total + lesson[figure], 0);
  const mean = (figure: Figure) => sum(figure) / lessons.length;
  const share = sum("found") / sum("there");
  const yaw = mean("yawError");
  return [
    {
      what: "visible heads found in a simulated lesson of 24 at 1280×720",
      value: `${(share * 100).toFixed(1)} % of ${sum("there")}, and ${sum("invented")} where there are none`,
      goal: "at least 95 %",
      ok: share >= 0.95,
    },
    {
      what: "students who were taken for their neighbour in that lesson",
      value: `${sum("swaps")} times`,
      goal: "at most once in a hundred",
      ok: sum("swaps") <= sum("found") / 100,
    },
    {
      what: "mean error of yaw, up to 45°, in that lesson",
      value: `${yaw.toFixed(1)}°`,
      goal: "below 8°",
      ok: yaw < 8,
    },
    {
      what: "mean error of pitch in that lesson",
      value: `${mean("pitchError").toFixed(1)}°`,
      goal: "none",
      ok: null,
    },
    {
      what: "time for one picture of that lesson",
      value: `${mean("totalMillis").toFixed(0)} ms, ${mean("detectMillis").toFixed(0)} of it to find the heads`,
      goal: "none; 500 ms allow two pictures a second",
      ok: null,
    },
  ];
}
