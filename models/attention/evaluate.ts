import { openProtector, protectOptions } from "../../gateway/protect/protect.ts";
import {
  type Activity,
  type Attention,
  TARGETS,
  type Target,
  type View,
  type WindowFacts,
} from "../../gateway/terms.ts";
import { loseFaces } from "./lost.ts";
import {
  type Answer,
  accuracy,
  calibrationError,
  confusion,
  correlation,
  macroF1,
  mean,
  type Turn,
  turnScore,
} from "./score.ts";
import type { Recording } from "./sights.ts";
import type { Cohort } from "./truth.ts";

/** Whatever says what seats attend to: the network, or the geometric estimate. */
export interface Judge {
  readonly model: string;
  observe(view: View, activity: Activity): Attention | Promise<Attention>;
}

/** Every estimate gets so long to find its way in a room before it counts. */
const WARM_UP_MS = 30_000;
const WINDOW_MS = 10_000;
const TOLERANCE_SECONDS = 1;

export interface Figures {
  readonly model: string;
  readonly answers: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly shift: ReturnType<typeof turnScore>;
  readonly focusError: number;
  readonly focusCorrelation: number;
  /** Windows of ten seconds that the two are taken over. */
  readonly windows: number;
  /** The same windows as they would be published: how many said something, and how many of these held the truth between `low` and `high`. */
  readonly intervals: { readonly told: number; readonly held: number; readonly meanWidth: number };
  /** Root mean square over rooms of what is wrong with a room's mean focus: what all its heads share. */
  readonly roomError: number;
  readonly calibrationError: number;
  /** By true target: how often each target was said. */
  readonly confusion: Readonly<Record<Target, Readonly<Record<Target, number>>>>;
  /** Accuracy by cohort, where there are enough answers to say. */
  readonly cohorts: Readonly<Record<string, { readonly accuracy: number; readonly answers: number }>>;
}

/** What the network and geometry come to on the same pictures. */
export interface Evaluation {
  /** By share of faces lost. */
  readonly network: Readonly<Record<string, Figures>>;
  readonly geometric: Readonly<Record<string, Figures>>;
  readonly float32: Figures;
  /** Nothing lost, but nobody leans (`still.ts`). */
  readonly still: { readonly network: Figures; readonly geometric: Figures };
  readonly millisecondsFor32Seats: { readonly int8: number; readonly float32: number };
}

/** What is so in a window, what is said, and between what the gateway would publish that it lies. */
interface JudgedWindow extends Pick<WindowFacts, "low" | "high"> {
  readonly truth: number;
  readonly said: number;
}

/** Plays recordings to a judge (a fresh one for each room) with that share of faces lost, and compares with the truth. */
export async function judge(
  recordings: readonly Recording[],
  open: () => Promise<Judge> | Judge,
  lost: number,
): Promise<Figures> {
  const answers: Answer[] = [];
  const [truths, told]: [Turn[], Turn[]] = [[], []];
  const windows: JudgedWindow[] = [];
  const rooms: number[] = [];
  let model = "";
  for (const [index, recording] of recordings.entries()) {
    const one = await open();
    model = one.model;
    const room = await judgeRoom(recording, one, loseFaces(lost, index + 1), String(index));
    answers.push(...room.answers);
    truths.push(...room.truths);
    told.push(...room.told);
    windows.push(...room.windows);
    if (room.windows.length > 0) rooms.push(mean(room.windows.map(({ truth, said }) => said - truth)));
  }
  return {
    model,
    answers: answers.length,
    accuracy: accuracy(answers),
    macroF1: macroF1(answers),
    shift: turnScore(truths, told, TOLERANCE_SECONDS),
    focusError: mean(windows.map(({ truth, said }) => Math.abs(truth - said))),
    focusCorrelation: correlation(
      windows.map(({ truth }) => truth),
      windows.map(({ said }) => said),
    ),
    windows: windows.length,
    intervals: intervalsOf(windows),
    roomError: Math.sqrt(mean(rooms.map((off) => off ** 2))),
    calibrationError: calibrationError(answers),
    confusion: confusion(answers),
    cohorts: byCohort(answers),
  };
}

async function judgeRoom(recording: Recording, one: Judge, lose: (view: View) => View, room: string) {
  const protection = protectOptions.parse({ expectedHeads: recording.cohorts.length });
  const { focusTargets } = protection;
  const answers: Answer[] = [];
  const [truths, told]: [Turn[], Turn[]] = [[], []];
  type Moment = { readonly attention: Attention; readonly activity: Activity };
  const sums = new Map<number, { truth: number[]; said: number[]; moments: Moment[] }>();
  const start = recording.sights[0]!.view.time;
  /** When each seat was last looked at and answered for; nobody can tell the turns of a seat that is not seen. */
  const seen = new Map<number, number[]>();
  const turns: Turn[] = [];
  for (const { activity, view: whole, truth, sitters } of recording.sights) {
    const view = lose(whole);
    const sitterOf = new Map(whole.faces.map(({ seat }, index) => [seat, sitters[index] ?? null]));
    const attention = await one.observe(view, activity);
    const { seats } = attention;
    if (view.time - start < WARM_UP_MS) continue;
    const seconds = view.time / 1000;
    const expected: readonly Target[] = focusTargets[activity];
    const window = Math.floor((view.time - start) / WINDOW_MS);
    const sum = sums.get(window) ?? { truth: [], said: [], moments: [] };
    sums.set(window, sum);
    sum.moments.push({ attention, activity });
    if (expected.length > 0) {
      sum.truth.push(...truth.map(({ target }) => (expected.includes(target) ? 1 : 0)));
      sum.said.push(
        ...seats.map(({ targets }) => expected.reduce((total, target) => total + targets[target], 0)),
      );
    }
    for (const [seat, { shift }] of truth.entries())
      if (shift) turns.push({ seat: `${room}/${seat}`, time: seconds, ...shift });
    for (const { seat, targets, confidence, shift } of seats) {
      const sitter = sitterOf.get(seat);
      if (sitter === null || sitter === undefined) continue;
      seen.set(sitter, [...(seen.get(sitter) ?? []), seconds]);
      const said = TARGETS.reduce((best, target) => (targets[target] > targets[best] ? target : best));
      const cohort = namesOf(recording.cohorts[sitter]!, recording);
      answers.push({ truth: truth[sitter]!.target, said, confidence, cohort });
      if (shift) told.push({ seat: `${room}/${sitter}`, time: seconds, from: shift.from, to: shift.to });
    }
  }
  for (const turn of turns) {
    const times = seen.get(Number(turn.seat.split("/")[1])) ?? [];
    if (times.some((time) => time >= turn.time && time - turn.time <= TOLERANCE_SECONDS)) truths.push(turn);
  }
  const { engine } = recording.sights[0]!.view;
  const protect = openProtector(protection, { model: one.model, perception: "recorded", engine });
  const windows = [...sums].flatMap(([window, { truth, said, moments }]): JudgedWindow[] => {
    if (truth.length === 0 || said.length === 0) return [];
    for (const { attention, activity } of moments) protect.take(attention, { activity, lesson: null });
    const { activity } = moments.at(-1)!;
    const { low, high } = protect.close(start + (window + 1) * WINDOW_MS, { activity, lesson: null });
    return [{ truth: mean(truth), said: mean(said), low, high }];
  });
  return { answers, truths, told, windows };
}

function intervalsOf(windows: readonly JudgedWindow[]): Figures["intervals"] {
  const told = windows.flatMap(({ truth, low, high }) =>
    low === null || high === null ? [] : [{ truth, low, high }],
  );
  return {
    told: told.length,
    held: told.filter(({ truth, low, high }) => low <= truth && truth <= high).length,
    meanWidth: mean(told.map(({ low, high }) => high - low)),
  };
}

/** The groups a student belongs to. Skin by how light it is, rows by thirds of the room. */
function namesOf({ row, skin, hair, glasses }: Cohort, { cohorts }: Recording): string[] {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(skin.slice(at, at + 2), 16)) as [
    number,
    number,
    number,
  ];
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const rows = 1 + Math.max(...cohorts.map((one) => one.row));
  const third = ["front", "middle", "back"][Math.min(2, Math.floor((3 * row) / rows))];
  return [
    `skin: ${light > 185 ? "light" : light > 120 ? "medium" : "dark"}`,
    `hair: ${hair === "scarf" ? "under a scarf" : "seen"}`,
    `glasses: ${glasses ? "yes" : "no"}`,
    `rows: ${third}`,
  ];
}

const ENOUGH = 200;

function byCohort(answers: readonly Answer[]): Figures["cohorts"] {
  const names = [...new Set(answers.flatMap(({ cohort }) => cohort))].sort();
  const rows = names.map((name) => {
    const inside = answers.filter(({ cohort }) => cohort.includes(name));
    return [name, { accuracy: accuracy(inside), answers: inside.length }] as const;
  });
  return Object.fromEntries(rows.filter(([, row]) => row.answers >= ENOUGH));
}

/** The largest difference of accuracy between two groups that differ in one thing. */
export function largestGap(cohorts: Figures["cohorts"]): {
  readonly gap: number;
  readonly between: readonly [string, string];
} {
  const names = Object.keys(cohorts);
  const pairs = names.flatMap((one) =>
    names
      .filter((other) => other.split(":")[0] === one.split(":")[0])
      .map((other) => ({
        between: [one, other] as const,
        gap: cohorts[other]!.accuracy - cohorts[one]!.accuracy,
      })),
  );
  return pairs.reduce((most, pair) => (pair.gap > most.gap ? pair : most), {
    between: ["", ""] as const,
    gap: 0,
  });
}
