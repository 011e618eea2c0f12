import { readFile } from "node:fs/promises";
import path from "node:path";
import { estimateByGeometry } from "../../gateway/attend/geometric.ts";
import { emptyInputs } from "../../gateway/attend/network/features.ts";
import { openNetworkAttender } from "../../gateway/attend/network/network.ts";
import { attendOptions } from "../../gateway/attend/options.ts";
import { openPerception, type Perception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import type { Logger } from "../../gateway/log.ts";
import { openSession } from "../../gateway/onnx.ts";
import type { CheckOptions } from "../check.ts";
import type { CheckRow } from "../checkRow.ts";
import type { Precision, PreparedPack, Role } from "../manifest.ts";
import { type Evaluation, type Figures, judge } from "./evaluate.ts";
import { attentionRows, type Recorded } from "./goals.ts";
import { type AttentionPack, attentionFolder, openAttentionPack } from "./pack.ts";
import { drawRoom, HELD_OUT_KINDS } from "./rooms.ts";
import { type Recording, recordLesson } from "./sights.ts";
import { sittingStill } from "./still.ts";

export const LOST = [0, 0.15, 0.3] as const;
const FIRST_SEED = 60_000;

/** Draws rooms of the held-out kinds, with seeds of their own, and looks at them with the perception that is given. */
export async function recordHeldOut(
  perception: Perception,
  {
    rooms,
    steps,
    onProgress,
  }: { rooms: number; steps: number; onProgress?: (done: number, total: number) => void },
): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (let index = 0; index < rooms; index++) {
    const room = drawRoom(HELD_OUT_KINDS[index % HELD_OUT_KINDS.length]!, FIRST_SEED + index);
    const onStep = (done: number) => onProgress?.(index * steps + done, rooms * steps);
    recordings.push(await recordLesson(room, perception, { steps, from: (index * 53) % 200, onStep }));
  }
  return recordings;
}

/** As many rooms, and looks at each (a minute, of which the second half counts), as a check has time for. */
export const CHECKED = { rooms: 2, steps: 120 } as const;

/**
 * The attention network's part of `models check`. Takes one to three minutes, most of them to draw and look. Throws
 * MODEL_LOAD and what `openAttentionPack` throws.
 */
export async function checkAttention(
  eyes: PreparedPack,
  { log, onProgress }: CheckOptions,
): Promise<CheckRow[]> {
  const perception = await openPerception(perceiveOptions.parse({}), eyes, log);
  try {
    const options = { ...CHECKED, ...(onProgress ? { onProgress } : {}) };
    const evaluation = await evaluateAttention(await recordHeldOut(perception, options), log);
    const { answers, windows } = evaluation.network[0]!;
    const of: CheckRow = {
      what: "attention network, measured on",
      value: `${CHECKED.rooms} drawn rooms, ${answers} answers, ${windows} windows; docs/attention.md has eight rooms, and how sure that is`,
      goal: "none",
      ok: null,
    };
    return [of, ...attentionRows(evaluation, await readRecorded(perception.engine.precision))];
  } finally {
    await perception.close();
  }
}

/** What `report.ts` measured in the same rooms, with perception in that precision; null for a pack without a report. */
async function readRecorded(precision: Precision, folder = attentionFolder): Promise<Recorded | null> {
  const text = await readFile(path.join(folder, "evaluation.json"), "utf8").catch(() => "{}");
  const { perceptions } = JSON.parse(text) as Partial<Measured>;
  // Halves read what floats read (docs/models.md).
  return perceptions?.[precision === "int8" ? "int8" : "float32"]?.checked ?? null;
}

/** What `report.ts` writes into a pack: `evaluation.json`. */
export interface Measured {
  /** Kinds of the rooms, and how many pictures were taken of each. */
  readonly rooms: readonly string[];
  readonly steps: number;
  /** By the precision of the perception that looked. What a room runs is usually int8; it is missing where a machine gains nothing by it. */
  readonly perceptions: {
    readonly float32: MeasuredWith;
    readonly int8?: MeasuredWith;
  };
}
export interface MeasuredWith extends Evaluation {
  /** The precision in which each network of perception ran. */
  readonly networks: Readonly<Record<Role, Precision>>;
  readonly rows: readonly CheckRow[];
  /** Of the rooms that `models check` draws, which are the first of these. */
  readonly checked: Figures;
  /** Of the network's figures without loss, over rooms (`uncertainty.ts`). */
  readonly standardErrors: Recorded;
}

/** The network in int8 and float32 and the geometric estimate, on the same pictures. */
export async function evaluateAttention(
  recordings: readonly Recording[],
  log: Logger,
  folder?: string,
): Promise<Evaluation> {
  const [int8, float32] = [
    await openAttentionPack(folder, "int8"),
    await openAttentionPack(folder, "float32"),
  ];
  const network = (pack: AttentionPack, lost: number) => judgeNetwork(recordings, pack, lost, log);
  const geometry = () => estimateByGeometry(attendOptions.parse({}));
  const still = recordings.map(sittingStill);
  const [byLoss, geometric]: Record<string, Figures>[] = [{}, {}];
  for (const lost of LOST) {
    byLoss![lost] = await network(int8, lost);
    geometric![lost] = await judge(recordings, geometry, lost);
  }
  return {
    network: byLoss!,
    geometric: geometric!,
    float32: await network(float32, 0),
    still: { network: await judgeNetwork(still, int8, 0, log), geometric: await judge(still, geometry, 0) },
    millisecondsFor32Seats: { int8: await milliseconds(int8, 32), float32: await milliseconds(float32, 32) },
  };
}

/** The network's figures on recordings with that share of faces lost. */
export async function judgeNetwork(
  recordings: readonly Recording[],
  pack: AttentionPack,
  lost: number,
  log: Logger,
) {
  const attender = await openNetworkAttender({ screens: true }, pack, log);
  try {
    // Recordings have cameras of their own, so one network serves them all.
    return await judge(recordings, () => attender, lost);
  } finally {
    await attender.close();
  }
}

/** The quickest tenth of a hundred runs, on one thread: what the network takes when nobody else wants the core. */
async function milliseconds(pack: AttentionPack, seats: number): Promise<number> {
  const session = await openSession(pack.path, "cpu", 1);
  const inputs = emptyInputs(seats);
  inputs.seen.data.fill(1);
  const took: number[] = [];
  for (let run = 0; run < 110; run++) {
    const began = performance.now();
    await session.run({ ...inputs });
    took.push(performance.now() - began);
  }
  await session.close();
  return took.slice(10).sort((a, b) => a - b)[10]!;
}
