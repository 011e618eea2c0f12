import { estimateByGeometry } from "../../gateway/attend/geometric.ts";
import { emptyInputs } from "../../gateway/attend/network/features.ts";
import { openNetworkAttender } from "../../gateway/attend/network/network.ts";
import { attendOptions } from "../../gateway/attend/options.ts";
import { openPerception, type Perception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import type { Logger } from "../../gateway/log.ts";
import { openSession } from "../../gateway/onnx.ts";
import type { CheckOptions, CheckRow } from "../check.ts";
import type { PreparedPack } from "../manifest.ts";
import { type Figures, judge, largestGap } from "./evaluate.ts";
import { type AttentionPack, openAttentionPack } from "./pack.ts";
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

/**
 * The attention network's part of `models check`: two rooms, a minute each, of which the second half counts. Takes one
 * to three minutes, most of them to draw and look. Throws MODEL_LOAD and what `openAttentionPack` throws.
 */
export async function checkAttention(
  eyes: PreparedPack,
  { log, onProgress }: CheckOptions,
): Promise<CheckRow[]> {
  const perception = await openPerception(perceiveOptions.parse({}), eyes, log);
  try {
    const options = { rooms: 2, steps: 120, ...(onProgress ? { onProgress } : {}) };
    return attentionRows(await evaluateAttention(await recordHeldOut(perception, options), log));
  } finally {
    await perception.close();
  }
}

export interface Evaluation {
  /** By share of faces lost. */
  readonly network: Readonly<Record<string, Figures>>;
  readonly geometric: Readonly<Record<string, Figures>>;
  readonly float32: Figures;
  /** Nothing lost, but nobody leans (`still.ts`). */
  readonly still: { readonly network: Figures; readonly geometric: Figures };
  readonly millisecondsFor32Seats: { readonly int8: number; readonly float32: number };
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

async function judgeNetwork(
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

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** As lines of `models check`, each with the goal that the project has set itself. */
export function attentionRows({
  network,
  geometric,
  float32,
  still,
  millisecondsFor32Seats,
}: Evaluation): CheckRow[] {
  const [ours, theirs] = [network[0]!, geometric[0]!];
  const row = (what: string, value: string, goal: string, ok: boolean | null): CheckRow => ({
    what,
    value,
    goal,
    ok,
  });
  const both = (
    what: string,
    of: (figures: Figures) => number,
    goal: string,
    ok: (value: number) => boolean,
  ) =>
    row(
      `attention network, ${what}`,
      `${of(ours).toFixed(3)} (geometric ${of(theirs).toFixed(3)}); at 15 % of faces lost ${of(network[0.15]!).toFixed(3)} (${of(geometric[0.15]!).toFixed(3)}), at 30 % ${of(network[0.3]!).toFixed(3)} (${of(geometric[0.3]!).toFixed(3)})`,
      goal,
      ok(of(ours)),
    );
  const { gap, between } = largestGap(ours.cohorts);
  const cost = float32.macroF1 - ours.macroF1;
  return [
    both(
      "accuracy of targets",
      (it) => it.accuracy,
      "better than geometric",
      (it) => it > theirs.accuracy,
    ),
    both(
      "macro-F1 of targets",
      (it) => it.macroF1,
      "at least 0.85",
      (it) => it >= 0.85,
    ),
    both(
      "F1 of shifts within 1 s",
      (it) => it.shift.f1,
      "at least 0.80",
      (it) => it >= 0.8,
    ),
    both(
      "mean error of a room's focus",
      (it) => it.focusError,
      "at most 0.04",
      (it) => it <= 0.04,
    ),
    both(
      "correlation of a room's focus",
      (it) => it.focusCorrelation,
      "at least 0.95",
      (it) => it >= 0.95,
    ),
    both(
      "calibration error",
      (it) => it.calibrationError,
      "at most 0.04",
      (it) => it <= 0.04,
    ),
    row(
      "attention network, macro-F1 at 30 % of faces lost",
      `${network[0.3]!.macroF1.toFixed(3)}`,
      `no worse than geometric with none lost, ${theirs.macroF1.toFixed(3)}`,
      network[0.3]!.macroF1 >= theirs.macroF1,
    ),
    row(
      "attention network, macro-F1 where nobody leans over the desk",
      `${still.network.macroF1.toFixed(3)} (geometric ${still.geometric.macroF1.toFixed(3)})`,
      "better than geometric",
      still.network.macroF1 > still.geometric.macroF1,
    ),
    row("attention network, macro-F1 lost by int8", cost.toFixed(3), "at most 0.01", Math.abs(cost) <= 0.01),
    row(
      "attention network, 32 seats on one core",
      `${millisecondsFor32Seats.int8.toFixed(2)} ms (float32 ${millisecondsFor32Seats.float32.toFixed(2)} ms)`,
      "below 2 ms",
      millisecondsFor32Seats.int8 < 2,
    ),
    row(
      "attention network, accuracy by cohort",
      `${Object.entries(ours.cohorts)
        .map(([name, { accuracy }]) => `${name} ${percent(accuracy)}`)
        .join(", ")}; largest gap ${percent(gap)}, ${between.join(" to ")}`,
      "none",
      null,
    ),
  ];
}
