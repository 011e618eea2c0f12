import { execFile, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { openPerception, type Perception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import type { Logger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import type { Box, Frame } from "../../gateway/terms.ts";
import type { PreparedPack } from "../../models/manifest.ts";
import { type BenchPicture, decode, drawClass, photographs } from "./pictures.ts";
import type { Row, Section } from "./row.ts";
import { median } from "./sample.ts";
import type { Bench } from "./sections.ts";

/** The peer, pinned; too heavy to be a dependency (133 MB). */
const PACKAGES = [
  "@vladmandic/human@3.3.6",
  ...["core", "converter", "backend-wasm", "backend-cpu"].map((part) => `@tensorflow/tfjs-${part}@4.22.0`),
];
const FOLDER = path.join(packageRoot, "node_modules", ".cache", "focus-gateway", "peer");

/** The same pictures through the peer. */
export async function peer({ pack, log, quick }: Bench): Promise<Section> {
  const title = "Against @vladmandic/human 3.3.6 (tfjs-wasm, face and mesh), the same decoded pictures";
  let folder: string;
  try {
    folder = await fetchPeer();
  } catch (error) {
    const first = String((error as Error).message).split("\n")[0];
    return { title, rows: [], skipped: `@vladmandic/human could not be fetched: ${first}` };
  }
  const sets = [
    ["six photographs, 1280 wide", await photographs(1280)],
    [
      "24 drawn heads, 1280×720",
      await drawClass({ width: 1280, height: 720, students: 24, count: 3, seed: 5 }),
    ],
  ] as const;
  const rows: Row[] = [];
  for (const [what, pictures] of sets) {
    const { ours, oursWithoutTiles, theirs } = await comparePeer(folder, pictures, quick ? 1 : 5, {
      pack,
      log,
    });
    rows.push(
      against(theirs, ours, what),
      against(theirs, oursWithoutTiles, `${what}, the whole picture only (\`tiles: 0\`)`),
    );
  }
  return { title, rows };
}

function against(theirs: Sighted, ours: Sighted, what: string): Row {
  const rate = ({ found, milliseconds }: Sighted) => found / milliseconds;
  const recall = ({ found, there }: Sighted) => `${found} of ${there}`;
  const each = ({ milliseconds }: Sighted) => milliseconds.toFixed(0);
  const times = rate(ours) / rate(theirs);
  return {
    ...{ what: `${what}: faces found a second`, value: times, unit: "× the peer" },
    goal: { text: "≥ 5×, at equal or better recall", met: times >= 5 && ours.found >= theirs.found },
    note: `found ${recall(ours)}, the peer ${recall(theirs)}; ${each(ours)} and ${each(theirs)} ms a picture`,
  };
}

/** Puts the peer into the cache if it is not there. Rejects with npm's own words when it cannot be fetched. */
async function fetchPeer(): Promise<string> {
  if (existsSync(path.join(FOLDER, "node_modules", "@vladmandic", "human", "package.json"))) return FOLDER;
  await mkdir(FOLDER, { recursive: true });
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", FOLDER];
  await promisify(execFile)("npm", ["install", ...options, ...PACKAGES], { timeout: 300_000 });
  return FOLDER;
}

/** What one of the two made of all pictures together. */
interface Sighted {
  readonly there: number;
  readonly found: number;
  /** A picture: each one's in the middle of all turns, on average. */
  readonly milliseconds: number;
}

interface Comparison {
  readonly ours: Sighted;
  /** We, at the whole picture only, as the peer looks: without the tiles that small faces need. */
  readonly oursWithoutTiles: Sighted;
  readonly theirs: Sighted;
}

/** All look at the same decoded pictures in turn, over and over. Decoding is not counted, for nobody. */
async function comparePeer(
  folder: string,
  pictures: readonly BenchPicture[],
  turns: number,
  { pack, log }: { pack: PreparedPack; log: Logger },
): Promise<Comparison> {
  const perceptions = [
    await openPerception(perceiveOptions.parse({}), pack, log),
    await openPerception(perceiveOptions.parse({ tiles: 0 }), pack, log),
  ];
  const peer = await startPeer(folder);
  const lookers: ((frame: Frame) => Promise<Answer>)[] = [
    ...perceptions.map((perception) => (frame: Frame) => timedLook(perception, frame)),
    peer.look,
  ];
  const took = lookers.map(() => pictures.map((): number[] => []));
  const found = lookers.map(() => 0);
  try {
    for (let turn = -1; turn < turns; turn++) {
      for (const [index, picture] of pictures.entries()) {
        // Each look is at a picture of its own: the peer keeps nothing between pictures, and we are to do the same.
        const frame = { ...(await decode(picture)), camera: `${turn} ${picture.name}` };
        for (const [place, look] of lookers.entries()) {
          const { milliseconds, boxes } = await look(frame);
          if (turn < 0) found[place]! += hits(boxes, picture);
          else took[place]![index]!.push(milliseconds);
        }
      }
    }
  } finally {
    peer.close();
    for (const perception of perceptions) await perception.close();
  }
  const there = pictures.reduce((sum, { faces }) => sum + faces.length, 0);
  const [ours, oursWithoutTiles, theirs] = lookers.map((_, place): Sighted => {
    const total = took[place]!.reduce((sum, looks) => sum + median(looks), 0);
    return { there, found: found[place]!, milliseconds: total / pictures.length };
  });
  return { ours: ours!, oursWithoutTiles: oursWithoutTiles!, theirs: theirs! };
}

async function timedLook(perception: Perception, frame: Frame): Promise<Answer> {
  const began = performance.now();
  const { faces } = await perception.look(frame);
  return { milliseconds: performance.now() - began, boxes: faces.map(({ box }) => box) };
}

/** How many of a picture's faces have their middle in a box; each box is used once. */
function hits(boxes: readonly Box[], { faces }: BenchPicture): number {
  const left = new Set(boxes);
  return faces.filter(({ x, y }) => {
    const box = [...left].find((b) => x > b.x && x < b.x + b.width && y > b.y && y < b.y + b.height);
    return box !== undefined && left.delete(box);
  }).length;
}

interface Answer {
  readonly milliseconds: number;
  readonly boxes: readonly Box[];
}

async function startPeer(folder: string) {
  const child = fork(path.join(packageRoot, "bench", "speed", "peer.cjs"), [folder], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code) => reject(new Error(`the peer ended with code ${code}`)));
  });
  ended.catch(() => {});
  const next = <T>() =>
    Promise.race([new Promise<T>((resolve) => child.once("message", (said) => resolve(said as T))), ended]);
  await next();
  return {
    async look(picture: { rgb: Uint8Array; width: number; height: number }): Promise<Answer> {
      const { rgb, width, height } = picture;
      child.send({ rgb, width, height });
      const answer = await next<Answer & { error?: string }>();
      if (answer.error) throw new Error(`the peer says: ${answer.error}`);
      return answer;
    },
    close: () => void child.kill("SIGKILL"),
  };
}
