import path from "node:path";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { systemClock } from "../clock.ts";
import { failure } from "../errors.ts";
import { cameraOptions } from "../eye/eye.ts";
import { type Answers, answersSchema, LAYOUTS, readAnswers } from "../setup/answers.ts";
import { setUp } from "../setup/setup.ts";
import { type Problem, problemsOf } from "../yaml.ts";
import type { Terminal } from "./terminal.ts";

export interface SetupOptions {
  readonly out: string;
  readonly layout?: string;
  readonly site?: string;
  readonly room?: readonly string[];
  readonly without?: readonly string[];
  readonly host?: readonly string[];
  readonly camera?: string;
}

/**
 * Writes configs, secrets, certificates and access lists into a folder. What the flags leave open is as it was the last time;
 * the first time it is asked for, at a terminal; elsewhere that is bad usage. Throws USAGE.
 */
export async function setup(terminal: Terminal, options: SetupOptions): Promise<void> {
  const before = await readAnswers(options.out);
  const given = {
    layout: options.layout ?? before?.layout,
    site: options.site ?? before?.site,
    rooms: roomsOf(before, options),
    hosts: options.host ?? before?.hosts,
    camera: options.camera === undefined ? before?.camera : readCamera(options.camera),
  };
  const answers = check(process.stdin.isTTY && !terminal.json ? await ask(given) : given);
  const { outcomes, next } = await setUp(answers, options.out, systemClock.now(), options.without);
  for (const [file, outcome] of outcomes) {
    terminal.emit({ file, outcome });
    terminal.say(`  ${outcome.padEnd(9)}  ${path.join(options.out, file)}`);
  }
  terminal.emit({ next });
  terminal.say(`\nNext, in ${path.resolve(options.out)}:`);
  for (const line of next) terminal.say(`  ${line}`);
}

/** A school keeps the rooms that it has: who adds one names that one. Throws USAGE for one to be left out that is not there. */
function roomsOf(
  before: Answers | null,
  { layout, room, without = [] }: SetupOptions,
): readonly string[] | undefined {
  const there = before?.rooms ?? [];
  const unknown = without.find((name) => !there.includes(name));
  if (unknown !== undefined)
    throw failure("USAGE", { problem: `--without ${unknown}: there is no such room` });
  if (room === undefined && before === null) return undefined;
  const rooms = (layout ?? before?.layout) === "school" ? [...there, ...(room ?? [])] : (room ?? there);
  return [...new Set(rooms)].filter((name) => !without.includes(name));
}

type Given = { readonly [Key in keyof Answers]: unknown };

function check(given: Given): Answers {
  const result = answersSchema.safeParse(given);
  if (result.success) return result.data;
  const flags: Record<string, string> = { rooms: "--room", hosts: "--host" };
  const flag = (key: unknown) => flags[String(key)] ?? `--${String(key)}`;
  const problems = problemsOf(result.error);
  const isLeftOut = ({ path: [key] }: Problem) => given[key as keyof Answers] === undefined;
  const leftOut = problems.filter(isLeftOut).map(({ path: [key] }) => flag(key));
  const wrong = problems.filter((problem) => !isLeftOut(problem));
  const said = [
    ...wrong.map(({ path: [key], says }) => `${flag(key)}: ${says}`),
    ...(leftOut.length > 0 ? [`nothing is said by ${leftOut.join(", ")}`] : []),
  ];
  throw failure("USAGE", { problem: `cannot set up: ${said.join("; ")}` });
}

async function ask(given: Given): Promise<Given> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const line = async (question: string, fallback: string) =>
    (await terminal.question(`${question} [${fallback}] `)).trim() || fallback;
  const lines = async (question: string, fallback: string) =>
    (await line(question, fallback)).split(/[\s,]+/);
  try {
    return {
      layout: given.layout ?? (await line(`Layout (${LAYOUTS.join(", ")})?`, "room")),
      site: given.site ?? (await line("What is the school called in topics?", "school")),
      rooms: given.rooms ?? (await lines("And its room, or rooms?", "room-1")),
      hosts:
        given.hosts ?? (await lines("By which names or addresses is this machine reached?", "127.0.0.1")),
      camera:
        given.camera ??
        readCamera(
          await line("Which camera (simulated, v4l2=/dev/video0, rtsp://…, csi, http://…)?", "simulated"),
        ),
    };
  } finally {
    terminal.close();
  }
}

/** A camera as it is typed: a driver, a driver with its device, or an address. Throws USAGE. */
function readCamera(text: string): Record<string, unknown> {
  const [driver, device] = text.split("=", 2) as [string, string | undefined];
  const scheme = /^(rtsps?|https?):\/\//.exec(text)?.[1];
  const camera = scheme
    ? { name: "front", driver: scheme.startsWith("rtsp") ? "rtsp" : "http", url: text }
    : { name: "front", driver, ...(device !== undefined && { device }) };
  const result = cameraOptions.safeParse(camera);
  if (result.success) return camera;
  throw failure("USAGE", { problem: `--camera ${text}: ${z.prettifyError(result.error).split("\n")[0]}` });
}
