import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { TARGETS } from "../../gateway/terms.ts";
import type { Measured, MeasuredWith } from "./check.ts";
import { type Figures, largestGap } from "./evaluate.ts";
import type { Recorded } from "./goals.ts";

/**
 * Writes a pack's README.md, its model card, from what training and evaluation have measured:
 *
 *   node dist/models/attention/card.js PACK_FOLDER
 */
interface Stage {
  readonly accuracy: number;
  readonly macroF1: number;
  readonly ece: number;
  readonly roomMae: number;
}
interface Seed extends Stage {
  readonly batches?: number;
  readonly processorMinutes?: number;
}
interface Report {
  readonly training: {
    readonly seeds: Readonly<Record<string, Seed>>;
    readonly chosen: number;
    readonly minutes: number;
    readonly device: string;
    readonly lessons: number;
    readonly lessonsInPixels: number;
    readonly noise: Readonly<
      Record<"samples" | "found" | "yawMeanError" | "pitchMeanError" | "rollMeanError", number>
    >;
  };
  readonly parameters: number;
  readonly parityTorchOnnx: number;
  readonly validation: Readonly<Record<string, Stage>>;
}
interface Pack {
  readonly version: string;
  readonly licence: string;
  readonly roomError: number;
  readonly files: Readonly<Record<"int8" | "float32", { readonly file: string; readonly bytes: number }>>;
}
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

export function cardOf(pack: Pack, report: Report, measured: Measured): string {
  const usual = measured.perceptions.int8 ?? measured.perceptions.float32;
  return `${[about(pack, report), unknown(usual), trainedOn(report), stages(report, pack), results(measured, usual), cohorts(usual.network[0]!)].join("\n\n")}\n`;
}

function about({ version, licence, files }: Pack, { parameters }: Report): string {
  return `# Model card: the attention network, version ${version}

${table(
  ["", ""],
  [
    [
      "what it says",
      "for each seat twice a second: how likely its head is turned to the board, the desk, a screen, a peer or away; whether that has just changed, from what to what; for the room: where the class attends",
    ],
    [
      "from",
      "30 s of head pose, eyelids, place and confidence of each seat; never a picture (`docs/attention.md`)",
    ],
    [
      "size",
      `${parameters.toLocaleString("en")} parameters after pruning; \`${files.int8.file}\` ${kilobytes(files.int8.bytes)}, \`${files.float32.file}\` ${kilobytes(files.float32.bytes)}, ONNX opset 17`,
    ],
    ["licence", `${licence}; trained here, on drawn students only`],
    [
      "files",
      "`pack.json` (hashes, feature order), `report.json` (training), `evaluation.json` (pixels), `attention.pt` (for fine-tuning), `curves*`; this card is written from them by `models/attention/card.ts`",
    ],
  ],
)}`;
}

function unknown({ still, network }: MeasuredWith): string {
  const f1 = (figures: Figures) => figures.macroF1.toFixed(3);
  return `## What is not known

**It has never been validated on real children, or on any real person.** All it has seen are students drawn by this project's simulator, who behave by a simple random process. On the same drawn rooms it does far better than the geometric estimate; that says it has learnt the simulator, and little about your classroom. In real classrooms, with students a model has never met, published estimates of engagement from faces reach an AUC of 0.62 to 0.72 ([Sümer et al. 2021](https://arxiv.org/abs/2101.04215)). Nobody should decide anything about a person by it, and the gateway makes that impossible by publishing groups only.

The cohorts below are drawings with another skin colour or a scarf. That their results are alike or differ says nothing about real skin, hair or disabilities.

**Habits of the simulator.** Drawn students lean over the desk whenever they read, by the same few centimetres, and never otherwise; a network that is shown nothing else learns that and little more. Six in ten windows of training therefore have students of whom some lean, some never do and some whenever they like, and so has half of the validation set. In the rooms below, with every head held in its place, macro-F1 is ${f1(still.network)} (with leaning ${f1(network[0]!)}; geometric ${f1(still.geometric)}). Other habits may be left: windows are always on one side of a drawn room and the door on the other, which mirrored rooms hide from the network, and nobody in it answers a neighbour's look.

Drawn students do not mind the air. CO₂, noise, light and temperature were random in training and often missing, and what the network had made of them by chance was taken out at the end: no reading can move an answer.`;
}

function trainedOn({ training }: Report): string {
  const { lessons, lessonsInPixels, noise } = training;
  return `## What it was trained on

${lessons} simulated lessons of five minutes in four kinds of rooms (6 to 30 students, camera and board in many places), as exact truth with the errors of the real perception laid over: measured on ${noise.samples.toLocaleString("en")} looks of it, in float32, at drawn pixels (yaw off by ${noise.yawMeanError.toFixed(1)}° on average, pitch ${noise.pitchMeanError.toFixed(1)}°, roll ${noise.rollMeanError.toFixed(1)}°, ${Math.round(noise.found * 100)} % of the faces found; \`models/training/noise.json\`). Most of that error belongs to the person: one face is read as turned by half of what it is, another by all of it, and always so; the noise says it as a curve for each person. Half of the windows came from ${lessonsInPixels} lessons that the real perception saw in pixels; every fifth of these was kept for validation. Headscarves and the darkest skin were held out of the noise measurement, though not out of those lessons. Augmentation: mirrored room, camera moved and zoomed, each face read a little otherwise, time warp, jitter, up to 40 % of faces lost, adversarial noise. The activity was said in 70 % of the windows and was untypical of what the class did in 30 %, so that it is a hint and not the answer.`;
}

function stages({ training, validation, parityTorchOnnx }: Report, { roomError }: Pack): string {
  const seeds = Object.entries(training.seeds);
  const spent = seeds
    .map(
      ([seed, { batches, processorMinutes }]) =>
        `seed ${seed}: ${batches} batches in ${processorMinutes} minutes of one core`,
    )
    .join(", ");
  return `${seeds.length} seeds side by side on one thread each, ${training.minutes} minutes in all with pruning, on a two-core machine that others used as well (${spent}). Seed ${training.chosen} was the better one by validation, on other rooms of the same kinds:

${table(
  ["stage", "accuracy", "macro-F1", "calibration error", "error of where the room attends"],
  Object.entries(validation).map(([stage, { accuracy, macroF1, ece, roomMae }]) => [
    stage,
    ...[accuracy, macroF1, ece, roomMae].map((value) => value.toFixed(3)),
  ]),
)}

Pruning took one head of three and a third of the feed-forward units. The rows of int8 are of the last moment of each window only, the others of its last eight seconds. PyTorch and ONNX float32 differ by ${parityTorchOnnx.toExponential(0)} at most. The threshold of a shift, the temperatures and what each target is told too often come from the validation set's pixels, so that its calibration error flatters the network; the one below, of other rooms, does not. \`roomError\` (${roomError}) is the larger of what was measured there and on the rooms below.`;
}

/** @param usual what a room runs: perception in int8, where there is a gain in it. */
function results({ rooms, steps, perceptions }: Measured, usual: MeasuredWith): string {
  const { network, geometric, float32, rows, millisecondsFor32Seats: took } = usual;
  const [ours, theirs] = [network[0]!, geometric[0]!];
  const kinds = [...new Set(rooms)]
    .map((kind) => `${rooms.filter((one) => one === kind).length} of the kind “${kind}”`)
    .join(", ");
  const columns = Object.entries(perceptions).sort(([a], [b]) => b.localeCompare(a));
  const three = (of: (figures: Recorded) => number) => [
    ...columns.map(
      ([, { network, standardErrors }]) =>
        `${network[0] === ours ? `**${of(ours).toFixed(3)}**` : of(network[0]!).toFixed(3)} ± ${of(standardErrors).toFixed(3)}`,
    ),
    of(theirs).toFixed(3),
    ...[0.15, 0.3].map((lost) => `${of(network[lost]!).toFixed(3)} / ${of(geometric[lost]!).toFixed(3)}`),
  ];
  const missed = rows.filter(({ missedBy }) => missedBy);
  return `## How it does on pixels of kinds of rooms it never saw

${rooms.length} rooms (${kinds}), drawn, seen by the gateway's own perception, ${steps / 2} s each of which the second half counts: ${ours.answers.toLocaleString("en")} answers, ${ours.shift.there} shifts, ${ours.windows} windows of ten seconds. \`models/attention/report.ts\` measures it anew. The columns differ in the networks that find faces and read heads (\`docs/models.md\`), which saw the same pictures: ${columns.map(([precision, { networks }]) => `in ${precision}, ${inWords(networks)}`).join("; ")}. The attention network runs in int8 in all of them. What stands in bold is what a room usually runs, and everything below is of it. ± is the standard error over rooms (${rooms.length} are few, and what is off in one of them is off in all its answers). Where there are two numbers, the second is the geometric estimate on what the same perception saw, without a configured board direction.

${table(
  [
    "",
    ...columns.map(([precision]) => `perception in ${precision}`),
    "geometric",
    "15 % of faces lost",
    "30 % lost",
    "goal",
  ],
  [
    ["accuracy of targets", ...three((it) => it.accuracy), "—"],
    ["macro-F1 of targets", ...three((it) => it.macroF1), "≥ 0.85"],
    ["F1 of shifts within 1 s", ...three((it) => it.shift.f1), "≥ 0.80"],
    ["mean error of a room's focus, 10 s", ...three((it) => it.focusError), "≤ 0.04"],
    ["correlation of a room's focus", ...three((it) => it.focusCorrelation), "≥ 0.95"],
    ["expected calibration error", ...three((it) => it.calibrationError), "≤ 0.04"],
  ],
)}

- The 95 % interval that a window carries (\`docs/data.md\`), of windows that say something: it held the truth with perception in ${columns.map(([precision, { network }]) => `${precision} in ${held(network[0]!)}`).join(", in ")}; the geometric estimate's in ${held(theirs)}. The error that all heads share, which is part of it, was measured on these very rooms: others may be held less often.
- At 30 % of the faces lost its macro-F1 is ${network[0.3]!.macroF1.toFixed(3)}; the geometric estimate's without loss is ${theirs.macroF1.toFixed(3)}.
- An attention network in float32 instead of int8 changes macro-F1 by ${Math.abs(float32.macroF1 - ours.macroF1).toFixed(3)}.
- 32 seats take ${took.int8.toFixed(2)} ms on one core in int8, ${took.float32.toFixed(2)} ms in float32; the goal is 2 ms.
- A shift that is told in time names both ends rightly in ${Math.round(ours.shift.kindRight * 100)} % of cases.

${missed.length === 0 ? "Every goal is met." : `**Goals that are missed, and by how much:** ${missed.map(({ what, missedBy }) => `${what.replace("attention network, ", "")} by ${missedBy}`).join("; ")}. What stands in the way shows in the confusion (answers without loss):`}

${table(
  ["truly ↓, said →", ...TARGETS],
  TARGETS.map((truth) => [truth, ...TARGETS.map((said) => ours.confusion[truth][said])]),
)}

Looking at a neighbour and looking out of the window turn the head by the same angle, and where the eyes look is not read: at 30 pixels a face, an iris is one. A student who rests with closed eyes has the pose of one who reads. Looking for a neighbour or away, the head is also turned so far that the pose network compresses the angle, by another measure for each face.`;
}

const held = ({ intervals: { told, held, meanWidth } }: Figures) =>
  `${held} of ${told} (${meanWidth.toFixed(2)} wide on average)`;

/** `all float32`, or `pose int8, eyes float32`. */
function inWords(networks: MeasuredWith["networks"]): string {
  const each = Object.entries(networks);
  const alike = new Set(Object.values(networks)).size === 1;
  return alike ? `all ${each[0]![1]}` : each.map((one) => one.join(" ")).join(", ");
}

function cohorts({ cohorts: groups }: Figures): string {
  const { gap, between } = largestGap(groups);
  return `## By cohort of drawn students

${table(
  ["group", "accuracy", "answers"],
  Object.entries(groups).map(([name, { accuracy, answers }]) => [name, percent(accuracy), answers]),
)}

The largest difference within one attribute: ${percent(gap)}, ${between.join(" to ")}. Back rows are smaller in the picture and more often hidden; with so few rooms, what the students of a group happened to do is part of every difference.`;
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const folder = process.argv[2];
  if (!folder) throw new Error("usage: card PACK_FOLDER");
  const read = async (name: string) => JSON.parse(await readFile(path.join(folder, name), "utf8"));
  const card = cardOf(await read("pack.json"), await read("report.json"), await read("evaluation.json"));
  await writeFile(path.join(folder, "README.md"), card);
}
