import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { stringify } from "yaml";
import { nodeArguments, program } from "../../test/support/cli.ts";
import { freePort } from "../../test/support/places.ts";

/** What a whole gateway, started as a user starts it, takes and how soon it is there. */
export interface Whole {
  /** From the start of the process, in seconds: the first view in the gateway, and the first window at a subscriber that is `ok`. */
  readonly firstFrameSeconds: number;
  readonly firstMessageSeconds: number;
  /** Resident memory in MB at the end, by process; what is shared between them (Node itself) is counted in each. */
  readonly memory: Readonly<Record<string, number>>;
  /** The same with what is shared counted once, all together. */
  readonly proportionalMegabytes: number;
  /** The whole's growth from the middle of the time to its end, in MB. */
  readonly growthMegabytes: number;
}

/** What has no broker, or has not looked at a picture, by then never will. */
const PATIENCE_SECONDS = 90;

/** Runs the demo with the models that are prepared in `models`, for that long. `folder` is its data folder. */
export async function measureGateway(folder: string, models: string, seconds: number): Promise<Whole> {
  await mkdir(folder, { recursive: true });
  await symlink(models, path.join(folder, "models"));
  const [broker, live, health] = [await freePort(), await freePort(), await freePort()];
  const config = path.join(folder, "gateway.yaml");
  await writeFile(
    config,
    stringify({
      site: "bench",
      room: "room",
      dataFolder: folder,
      log: { level: "warn" },
      cameras: [{ name: "front", driver: "simulated", students: 24 }],
      broker: { port: broker },
      show: { live: { port: live }, health: { port: health } },
    }),
  );
  const began = performance.now();
  const gateway = spawn(process.execPath, [...nodeArguments, program, "run", "--config", config], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const since = () => (performance.now() - began) / 1000;
  try {
    const client = await untilConnected(`mqtt://127.0.0.1:${broker}`, () => since() > PATIENCE_SECONDS);
    const first = new Promise<number>((resolve) => {
      // One that says that nothing has been seen yet is no first word about the room.
      client.on("message", (_topic, payload) => {
        if (JSON.parse(payload.toString()).quality === "ok") resolve(since());
      });
    });
    await client.subscribeAsync("classroom/v1/bench/room/focus", { qos: 1 });
    const frames = (async () => {
      while ((await metric(health, "frame_age_seconds")) === null) {
        if (since() > PATIENCE_SECONDS) throw new Error(`no picture after ${PATIENCE_SECONDS} s`);
        await sleep(25);
      }
      return since();
    })();
    const firstFrameSeconds = await frames;
    const firstMessageSeconds = await Promise.race([first, sleep(30_000, Number.NaN)]);
    await client.endAsync(true);
    await sleep(Math.max(0, seconds * 500 - since() * 1000));
    const middle = await proportional(gateway.pid!);
    await sleep(Math.max(0, seconds * 1000 - since() * 1000));
    const end = await proportional(gateway.pid!);
    return {
      firstFrameSeconds,
      firstMessageSeconds,
      memory: await resident(gateway.pid!),
      proportionalMegabytes: end,
      growthMegabytes: end - middle,
    };
  } finally {
    const ended = new Promise((resolve) => gateway.once("exit", resolve));
    gateway.kill("SIGTERM");
    await Promise.race([ended, sleep(15_000)]);
    gateway.kill("SIGKILL");
  }
}

async function untilConnected(url: string, isTooLate: () => boolean) {
  for (;;) {
    try {
      return await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 2_000 }, false);
    } catch (error) {
      if (isTooLate()) throw error;
      await sleep(25);
    }
  }
}

/** A gauge of the gateway's own metrics; null while it is not there. */
async function metric(port: number, name: string): Promise<number | null> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => "",
  );
  const line = new RegExp(`^focus_gateway_${name} (.+)$`, "m").exec(text);
  return line ? Number(line[1]) : null;
}

/** The process and everything it started. */
async function family(pid: number): Promise<{ pid: number; name: string }[]> {
  const children = await readdir(`/proc/${pid}/task`)
    .then((tasks) => Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8"))))
    .catch(() => [] as string[]);
  const pids = children.flatMap((line) => line.trim().split(" ").filter(Boolean).map(Number));
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
  const name = /eye\/main/.test(command) ? "eye" : /nodered/.test(command) ? "node-red" : "gateway";
  const below = await Promise.all(pids.map(family));
  return [{ pid, name }, ...below.flat()];
}

async function resident(pid: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const each of await family(pid)) {
    const status = await readFile(`/proc/${each.pid}/status`, "utf8").catch(() => "");
    found[each.name] = (found[each.name] ?? 0) + megabytes(/^VmRSS:\s+(\d+)/m, status);
  }
  return found;
}

async function proportional(pid: number): Promise<number> {
  let sum = 0;
  for (const each of await family(pid))
    sum += megabytes(
      /^Pss:\s+(\d+)/m,
      await readFile(`/proc/${each.pid}/smaps_rollup`, "utf8").catch(() => ""),
    );
  return sum;
}

/** What the kernel calls kB are 1024 bytes. */
const megabytes = (line: RegExp, text: string) => (Number(line.exec(text)?.[1] ?? 0) * 1024) / 1e6;
