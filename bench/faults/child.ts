import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../gateway/paths.ts";
import { launch } from "../../test/support/programs.ts";
import type { Order } from "./windows.ts";

/** A gateway in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Numbers whose messages it has taken in, in order. */
  readonly taken: number[];
  /** What it last said about itself. */
  status(): ChildStatus | undefined;
  /** Resolves when it is up; rejects when it ended before. */
  readonly up: Promise<void>;
  readonly gone: Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildStatus {
  readonly rss: number;
  /** Of JavaScript's own memory, what is still in use; right after cleaning up, where the order asked for that. */
  readonly heapUsed: number;
  /** Buffers and the like. */
  readonly external: number;
  readonly cpuMs: number;
  readonly publisher?: { connected: boolean; spoolDepth: number; dropped: Record<string, number> };
  readonly record?: { sinks: Record<string, { ok: boolean; backlog: number; written: number }> };
}

export async function startGateway(order: Order): Promise<Child> {
  const program = await compiled("gateway");
  const child = launch(process.execPath, ["--expose-gc", program, JSON.stringify(order)]);
  const taken: number[] = [];
  let last: ChildStatus | undefined;
  let rest = "";
  let isUp: () => void = () => {};
  let failed: (error: Error) => void = () => {};
  const up = new Promise<void>((resolve, reject) => {
    isUp = resolve;
    failed = reject;
  });
  up.catch(() => {});
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("a ")) taken.push(Number(line.slice(2)));
      else if (line.startsWith("s ")) last = JSON.parse(line.slice(2)) as ChildStatus;
      else if (line === "up") isUp();
    }
  });
  const gone = new Promise<void>((resolve) =>
    child.once("close", () => {
      failed(new Error("the gateway ended before it was up"));
      resolve();
    }),
  );
  return {
    process: child,
    taken,
    status: () => last,
    up,
    gone,
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await gone;
    },
  };
}

/** Node 20 runs no TypeScript: beside compiled code lies the compiled child; from vitest it is put together first. */
async function compiled(name: string): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith(".js")) return path.join(path.dirname(here), "children", `${name}.js`);
  building.set(name, building.get(name) ?? build(path.join(path.dirname(here), "children", `${name}.ts`)));
  return building.get(name)!;
}

const building = new Map<string, Promise<string>>();

async function build(file: string): Promise<string> {
  const outDir = path.join(
    packageRoot,
    "node_modules",
    ".cache",
    "focus-gateway-faults",
    String(process.pid),
  );
  const vite = await import("vite");
  await vite.build({
    configFile: false,
    logLevel: "error",
    build: { ssr: file, outDir, rollupOptions: { output: { entryFileNames: "[name].mjs" } } },
  });
  return path.join(outDir, `${path.basename(file, ".ts")}.mjs`);
}
