/**
 * The eye: a process of its own, and the only one that ever holds pixels. The gateway forks it, tells it what to look
 * through, and hears what was seen; see `protocol.ts`. It ends when it is told to, and by itself when the gateway is gone.
 */
import { systemClock as clock } from "../clock.ts";
import { createLogger } from "../log.ts";
import { carry, type FromEye, type ToEye } from "./protocol.ts";
import { openSight, type Sight } from "./sight.ts";

const PULSE_MS = 1_000;
/** How long closing may take before the process just ends. */
const PATIENCE_MS = 3_000;

/** Resolves when the message is on its way: that keeps us from running ahead of a gateway that is slow to listen. */
const say = (message: FromEye): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });

let sight: Sight | null = null;
let ending = false;

async function obey(message: ToEye): Promise<void> {
  switch (message.kind) {
    case "open": {
      const log = createLogger(message.start.logLevel, false);
      try {
        sight = await openSight(message.start, { say, clock, log });
      } catch (error) {
        await say({ kind: "failed", error: carry(error) });
        return end();
      }
      setInterval(() => {
        const memoryMegabytes = process.memoryUsage.rss() / 1e6;
        if (sight?.isWell())
          void say({ kind: "pulse", memoryMegabytes, engine: sight.engine, pace: sight.pace });
      }, PULSE_MS);
      return say({ kind: "opened", engine: sight.engine });
    }
    case "pause":
      await sight?.pause();
      return say({ kind: "done", id: message.id });
    case "resume":
      sight?.resume();
      return say({ kind: "done", id: message.id });
    case "close":
      return end();
  }
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
  await sight?.close();
  process.exit(0);
}

// One thing after the other, in the order in which they were asked for.
let obeying: Promise<void> = Promise.resolve();
process.on("message", (message: ToEye) => {
  obeying = obeying.then(() => obey(message));
});
process.once("disconnect", () => void end());
// Ctrl-C, a closed terminal and a service manager's SIGTERM reach every process of the group; the gateway then closes
// us in its own order.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
