import { execFile, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { openPerception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import type { Logger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import type { Box } from "../../gateway/terms.ts";
import type { PreparedPack } from "../../models/manifest.ts";
import { type BenchPicture, decode } from "./pictures.ts";

/** The peer, pinned; too heavy to be a dependency (133 MB). */
const PACKAGES = [
  "@vladmandic/human@3.3.6",
  ...["core", "converter", "backend-wasm", "backend-cpu"].map((part) => `@tensorflow/tfjs-${part}@4.22.0`),
];
const FOLDER = path.join(packageRoot, "node_modules", ".cache", "focus-gateway", "peer");

/** Puts the peer into the cache if it is not there. Rejects with npm's own words when it cannot be fetched. */
export async function fetchPeer(): Promise<string> {
  if (existsSync(path.join(FOLDER, "node_modules", "@vladmandic", "human", "package.json"))) return FOLDER;
  await mkdir(FOLDER, { recursive: true });
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", FOLDER];
  await promisify(execFile)("npm", ["install", ...options, ...PACKAGES], { timeout: 300_000 });
  return FOLDER;
}

/** What one of the two made of all pictures together. */
export interface Sighted {
  readonly there: number;
  readonly found: number;
  /** Time of one look at each picture, in the middle of all turns, summed up. */
  readonly seconds: number;
}

export interface Comparison {
  readonly ours: Sighted;
  readonly theirs: Sighted;
}

/** Both look at the same decoded pictures in turn, over and over. Decoding is not counted, for neither. */
export async function comparePeer(
  folder: string,
  pictures: readonly BenchPicture[],
  turns: number,
  { pack, log }: { pack: PreparedPack; log: Logger },
): Promise<Comparison> {
  const perception = await openPerception(perceiveOptions.parse({}), pack, log);
  const peer = await startPeer(folder);
  const ours: number[][] = pictures.map(() => []);
  const theirs: number[][] = pictures.map(() => []);
  const found = { ours: 0, theirs: 0 };
  const there = pictures.reduce((sum, { faces }) => sum + faces.length, 0);
  try {
    for (let turn = -1; turn < turns; turn++) {
      for (const [index, picture] of pictures.entries()) {
        // Each look is at a picture of its own: the peer keeps nothing between pictures, and we are to do the same.
        const frame = { ...(await decode(picture)), camera: `${turn} ${picture.name}` };
        const began = performance.now();
        const view = await perception.look(frame);
        const took = performance.now() - began;
        const answer = await peer.look(frame);
        if (turn < 0) {
          found.ours += hits(
            view.faces.map(({ box }) => box),
            picture,
          );
          found.theirs += hits(answer.boxes, picture);
        } else {
          ours[index]!.push(took);
          theirs[index]!.push(answer.milliseconds);
        }
      }
    }
  } finally {
    peer.close();
    await perception.close();
  }
  const seconds = (all: readonly number[][]) =>
    all.reduce((sum, took) => sum + took.toSorted((a, b) => a - b)[took.length >> 1]!, 0) / 1000;
  return {
    ours: { there, found: found.ours, seconds: seconds(ours) },
    theirs: { there, found: found.theirs, seconds: seconds(theirs) },
  };
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
