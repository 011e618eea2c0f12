import { setTimeout as sleep } from "node:timers/promises";
import { reason } from "../../gateway/errors.ts";
import type { HealthPayload } from "./hear.ts";
import type { Peer } from "./peers.ts";

/** What is done to the room: to whom, and for how long. */
export interface Trouble {
  readonly what: string;
  readonly seconds: number;
  readonly peer: Peer;
}

/** Something that was done to a room, and what its gateway made of it. */
export interface Disturbance {
  readonly what: string;
  /** Seconds since the beginning. */
  readonly at: number;
  /** When everything was `ok` again, or was given up. */
  readonly ended: number;
  /** Each state that was said meanwhile, but for `ok`: `front stalled`. */
  readonly said: readonly string[];
  /** From the end of the trouble until the gateway says that all is `ok`; null when it never did. */
  readonly recoveredSeconds: number | null;
}

/** How the room is seen to do. */
export interface Watch {
  /** Seconds since the beginning. */
  elapsed(): number;
  health(): HealthPayload | null;
  /** The reasons of `/readyz`, which knows of cameras at once; health is said every 10 s. */
  notReady(): Promise<readonly string[]>;
}

/** Pauses between attempts grow to 30 s for cameras and to a minute for sensors, and then health has to be said. */
const LONGEST_RECOVERY_SECONDS = 150;
const LOOK_SECONDS = 0.5;

/** Makes the trouble, ends it, and waits until everything that it touched is `ok` again. */
export async function disturb({ what, seconds, peer }: Trouble, watch: Watch): Promise<Disturbance> {
  const at = watch.elapsed();
  const said = new Set<string>();
  const done = (recoveredSeconds: number | null): Disturbance => {
    return { what, at, ended: watch.elapsed(), said: [...said].sort(), recoveredSeconds };
  };
  try {
    await peer.away();
    for (const until = watch.elapsed() + seconds; watch.elapsed() < until; ) await look(peer, watch, said);
    await peer.back();
    const since = watch.elapsed();
    const before = watch.health();
    while (watch.elapsed() < since + LONGEST_RECOVERY_SECONDS) {
      const allOk = await look(peer, watch, said);
      if (allOk && watch.health() !== before) return done(Math.round(watch.elapsed() - since));
    }
  } catch (error) {
    said.add(reason(error)); // a peer that does not come back is no reason to end the hour
  }
  return done(null);
}

/** Notes what is not `ok`; true when nothing is. */
async function look({ names }: Peer, { health, notReady }: Watch, said: Set<string>): Promise<boolean> {
  await sleep(LOOK_SECONDS * 1000);
  const { cameras = {}, sensors = {} } = health() ?? {};
  const states = names.map((name) => [name, cameras[name] ?? sensors[name] ?? "unknown"] as const);
  const wrong = states.filter(([, state]) => state !== "ok").map((one) => one.join(" "));
  const sooner = (await notReady()).flatMap((why) => {
    const [, name = "", state] = /^camera (\S+) is (\w+)/.exec(why) ?? [];
    return names.includes(name) ? [`${name} ${state}`] : [];
  });
  for (const one of [...wrong, ...sooner]) said.add(one);
  return wrong.length === 0;
}
