import { availableParallelism } from "node:os";
import { repeat } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../terms.ts";
import { createBudget } from "./budget.ts";

/** How the eye does with its share of the processors. */
export interface Pace {
  /** Share of all processors that this process uses, 0–1; null before it is known. */
  readonly share: number | null;
  /** The most frames a second, of all cameras together, so as to stay within its share; null: as cameras give them. */
  readonly limit: number | null;
}

/** Says when each camera may look again. */
export interface Turns {
  readonly pace: Pace;
  /** Resolves when a camera that began to look at `began` (of `Clock.elapsed`) may look again, or at once on the signal. */
  rest(began: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const RECKON_SECONDS = 2;

/** Reckons what this process uses of the processors, and has `cameras` cameras rest as long as its `share` asks for. */
export function openTurns(
  { share, cameras }: { readonly share: number; readonly cameras: number },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Turns {
  const budget = createBudget(share, availableParallelism());
  let frames = 0;
  let cpu = process.cpuUsage();
  let at = clock.elapsed();
  const reckoning = repeat(RECKON_SECONDS, clock, async () => {
    const now = clock.elapsed();
    const { user, system } = process.cpuUsage(cpu);
    const before = budget.limit;
    const used = { seconds: (now - at) / 1000, cpuSeconds: (user + system) / 1e6, frames };
    cpu = process.cpuUsage();
    at = now;
    frames = 0;
    if (!budget.reckon(used)) return;
    // Its coming and going is news, its size a figure in the health message.
    if (before === null)
      log.warn({ share }, `looks less often, to stay within ${percent(share)} of the processors`);
    else if (budget.limit === null) log.info("looks as often as the cameras give pictures again");
  });
  return {
    get pace() {
      return { share: budget.share, limit: budget.limit };
    },
    async rest(began, signal) {
      frames += 1;
      if (budget.limit === null) return;
      const pause = (cameras * 1000) / budget.limit - (clock.elapsed() - began);
      if (pause > 0) await clock.sleep(pause, signal);
    },
    close: () => reckoning.close(),
  };
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
