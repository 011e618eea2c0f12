import { audit } from "../audit.ts";
import { repeat, systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { openIndicator } from "../indicator.ts";
import { readPause } from "../pause.ts";
import { openPermissions } from "../protect/protect.ts";

type Room = Pick<Config, "privacy" | "dataFolder" | "site" | "room">;

/** Somebody keeps the cameras shut, and why. */
export interface Minder {
  readonly by: string;
  readonly because: string;
}

/** Somebody came to mind while a command had the cameras open. */
export class Minded extends Error implements Minder {
  readonly by: string;
  readonly because: string;

  constructor({ by, because }: Minder) {
    super(`the ${by} keeps the cameras shut: ${because}`);
    this.by = by;
    this.because = because;
  }
}

/**
 * Who keeps the cameras shut for a command, and why; null when it may open them. A teacher's pause holds for commands, too,
 * whether or not a gateway runs.
 */
export async function whoMinds({ privacy, dataFolder, site, room }: Room): Promise<Minder | null> {
  const now = systemClock.now();
  if (await readPause(dataFolder, now)) return { by: "teacher", because: "it is paused" };
  const answer = await openPermissions(privacy, { site, room }).ask(now);
  return answer.granted ? null : answer;
}

/** How often everybody is asked again, as the gateway does. */
const ASK_SECONDS = 2;

/**
 * What a command does with open cameras, as in a lesson: the light shines meanwhile, and it is written down that they were
 * open, and for what. When somebody comes to mind, or the light goes out, the work is told to stop; once it has, this rejects
 * with what was the matter: `Minded`, or INDICATOR_FAILED. Ask `whoMinds` before.
 */
export async function openly<T>(
  config: Room,
  by: string,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const { privacy, dataFolder } = config;
  const stopping = new AbortController();
  const light = openIndicator(privacy.indicator, (error) => stopping.abort(error), systemClock);
  await light.on();
  try {
    await audit(dataFolder, "cameras_opened", { profile: privacy.profile, by }, systemClock);
    const asking = repeat(ASK_SECONDS, systemClock, async () => {
      const minder = await whoMinds(config);
      if (minder) stopping.abort(new Minded(minder));
    });
    try {
      // Waited for to its end, whatever comes: the light shines until the last camera is closed.
      const done = await work(stopping.signal);
      stopping.signal.throwIfAborted();
      return done;
    } finally {
      await asking.close();
      const { reason: cause } = stopping.signal;
      const because = cause instanceof Error ? cause.message : null;
      await audit(dataFolder, "cameras_closed", { by, because }, systemClock);
    }
  } finally {
    await light.off().finally(light.close);
  }
}
