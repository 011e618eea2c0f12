import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { packageRoot } from "../../gateway/paths.ts";
import { preparedForTests } from "../../test/models/prepared.ts";
import { startCli } from "../../test/support/cli.ts";
import { endGateway, layRoom } from "../../test/support/room.ts";
import { type Disturbance, disturb, type Watch } from "./disturb.ts";
import { hear } from "./hear.ts";
import { openPeers } from "./peers.ts";
import { takenBy } from "./processes.ts";
import type { Sample } from "./sample.ts";
import { troublesOf } from "./troubles.ts";

const SAMPLE_SECONDS = 10;
/** So long before the end nothing is done any more, so that everything can recover. */
const QUIET_SECONDS = 240;

export interface SoakOptions {
  readonly minutes: number;
  /** Seconds from one disturbance to the next. */
  readonly everySeconds: number;
  readonly stop: AbortSignal;
  onSample(sample: Sample): Promise<void>;
  onDisturbance(disturbance: Disturbance): Promise<void>;
  /** Everything that the gateway has said so far. */
  onLog(text: string): Promise<void>;
}

/**
 * Runs a gateway as schools do, with two network cameras and four sensors of different kinds, and takes each away now and
 * then. Throws when the gateway ends by itself. Leaves nothing behind.
 */
export async function soak(options: SoakOptions): Promise<void> {
  const { minutes, everySeconds, stop } = options;
  const undo: (() => unknown)[] = [];
  const onEnd = (one: () => unknown) => void undo.push(one);
  try {
    const prepared = await preparedForTests();
    if (!prepared) throw new Error("the model pack is neither here nor to be fetched");
    const room = await layRoom(prepared);
    onEnd(() => rm(room.folder, { recursive: true, force: true }));
    const { peers, config } = await openPeers(room.folder, minutes + 10, onEnd);
    const { broker, live, health } = room.ports;
    const place = { site: "bench", room: "r1", dataFolder: "data" };
    const doors = { broker: { port: broker }, show: { live: { port: live }, health: { port: health } } };
    await writeFile(room.config, stringify({ ...place, ...config, ...doors }));

    const gateway = startCli(["run", "--config", room.config], await serviceEnvironment());
    onEnd(() => endGateway(gateway));
    await gateway.says("Ctrl-C stops it", 180);
    const { heard, close } = await hear(
      `mqtt://127.0.0.1:${broker}`,
      `classroom/v1/${place.site}/${place.room}`,
    );
    onEnd(close);

    const began = performance.now();
    const pid = gateway.child.pid!;
    const watch: Watch = {
      elapsed: () => Math.round((performance.now() - began) / 100) / 10,
      health: () => heard.health,
      notReady: () => reasonsAt(`http://127.0.0.1:${health}/readyz`),
    };
    const troubles = troublesOf(peers, pid);
    let turn = 0;
    let disturbing: Promise<void> | null = null;
    while (watch.elapsed() < minutes * 60 && !stop.aborted) {
      await sleep(SAMPLE_SECONDS * 1000, undefined, { signal: stop }).catch(() => {});
      if (gateway.child.exitCode !== null)
        throw new Error(`the gateway ended by itself: ${gateway.err().slice(-2000)}`);
      const { health: said, windows, missing, readings } = structuredClone(heard);
      const counted = { windows, missing, readings, health: said };
      const seconds = watch.elapsed();
      await options.onSample({ seconds, processes: takenBy(pid), ...(await weigh(room.data)), ...counted });
      await options.onLog(gateway.err());
      const isDue = seconds >= (turn + 1) * everySeconds && seconds < minutes * 60 - QUIET_SECONDS;
      if (isDue && !disturbing) {
        disturbing = disturb(troubles[turn++ % troubles.length]!, watch)
          .then(options.onDisturbance)
          .finally(() => {
            disturbing = null;
          });
      }
    }
    await disturbing;
  } finally {
    for (const one of undo.reverse()) await Promise.resolve(one()).catch(() => {});
  }
}

async function reasonsAt(url: string): Promise<readonly string[]> {
  const answer = await fetch(url).catch(() => null);
  const said = (await answer?.json().catch(() => null)) as { reasons: string[] } | null;
  return said?.reasons ?? [];
}

/** What the service sets for the memory of what it runs. */
async function serviceEnvironment(): Promise<Record<string, string>> {
  const unit = await readFile(path.join(packageRoot, "packaging", "focus-gateway.service"), "utf8");
  return Object.fromEntries(
    [...unit.matchAll(/\b(MALLOC_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
  );
}

/** Files of a folder, and what they hold together. */
async function weigh(folder: string): Promise<{ files: number; megabytes: number }> {
  const names = await readdir(folder, { recursive: true });
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => null)));
  const files = found.filter((one) => one?.isFile());
  return { files: files.length, megabytes: files.reduce((sum, one) => sum + one!.size, 0) / 1e6 };
}
