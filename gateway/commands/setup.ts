import path from "node:path";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { systemClock } from "../clock.ts";
import { failure } from "../errors.ts";
import { cameraOptions } from "../eye/eye.ts";
import { type Answers, answersSchema, LAYOUTS, setUp } from "../setup/setup.ts";
import type { Terminal } from "./terminal.ts";

export interface SetupOptions {
  readonly out: string;
  readonly layout?: string;
  readonly site?: string;
  readonly room?: readonly string[];
  readonly host?: readonly string[];
  readonly camera?: string;
}

/**
 * Writes configs, secrets, certificates and access lists into a folder. Asks for what the flags leave open, at a terminal;
 * elsewhere that is bad usage. Throws USAGE.
 */
export async function setup(terminal: Terminal, options: SetupOptions): Promise<void> {
  const given = {
    layout: options.layout,
    site: options.site,
    rooms: options.room,
    hosts: options.host,
    camera: options.camera === undefined ? undefined : readCamera(options.camera),
  };
  const answers = check(process.stdin.isTTY && !terminal.json ? await ask(given) : given);
  const { outcomes, next } = await setUp(answers, options.out, systemClock.now());
  for (const [file, outcome] of outcomes) {
    terminal.emit({ file, outcome });
    terminal.say(`  ${outcome.padEnd(9)}  ${path.join(options.out, file)}`);
  }
  terminal.emit({ next });
  terminal.say(`\nNext, in ${path.resolve(options.out)}:`);
  for (const line of next) terminal.say(`  ${line}`);
}

type Given = { readonly [Key in keyof Answers]: unknown };

function check(given: Given): Answers {
  const result = answersSchema.safeParse(given);
  if (result.success) return result.data;
  const flags: Record<string, string> = { rooms: "--room", hosts: "--host" };
  const problems = result.error.issues.map(
    ({ path: [key], message }) => `${flags[String(key)] ?? `--${String(key)}`}: ${message}`,
  );
  throw failure("USAGE", { problem: `cannot set up: ${problems.join("; ")}` });
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
