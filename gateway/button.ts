import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { reason } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Clock } from "./terms.ts";

export interface ButtonOptions {
  /** An input device of the kernel's. */
  readonly device: string;
  readonly key?: number | undefined;
}

/** `struct input_event` of a 64-bit Linux: seconds and microseconds (8 bytes each), type, code (2 each), value (4). */
const EVENT_BYTES = 24;
const EV_KEY = 1;
const PRESSED = 1;
/** A contact that chatters is one press. */
const CHATTER_MS = 300;
const AGAIN_MS = 5_000;
const ASK_MS = 50;

function nothingYet(error: NodeJS.ErrnoException): { bytesRead: number } {
  if (error.code === "EAGAIN") return { bytesRead: 0 };
  throw error;
}

/**
 * Listens to a button: a GPIO key, a USB button or a foot pedal are all input devices to Linux
 * (Documentation/input/input.rst). One that is unplugged is waited for.
 */
export function watchButton(
  { device, key }: ButtonOptions,
  pressed: () => void,
  { log: parentLog, clock }: { readonly log: Logger; readonly clock: Clock },
): { close(): Promise<void> } {
  const log = parentLog.child({ part: "button" });
  const stopping = new AbortController();
  let lastAt = Number.NEGATIVE_INFINITY;

  function press(): void {
    const now = clock.elapsed();
    if (now - lastAt > CHATTER_MS) pressed();
    lastAt = now;
  }

  async function listen(): Promise<void> {
    // Asked now and then: a read that blocks would hold up a thread, and the end of the process with it.
    const handle = await open(device, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const events = Buffer.alloc(64 * EVENT_BYTES);
      while (!stopping.signal.aborted) {
        const read = await handle.read(events, 0, events.length, null).catch(nothingYet);
        for (let at = 0; at + EVENT_BYTES <= read.bytesRead; at += EVENT_BYTES) {
          const [type, code] = [events.readUInt16LE(at + 16), events.readUInt16LE(at + 18)];
          if (type !== EV_KEY || events.readInt32LE(at + 20) !== PRESSED) continue;
          if (key === undefined || code === key) press();
        }
        await clock.sleep(ASK_MS, stopping.signal);
      }
    } finally {
      await handle.close();
    }
  }

  const listening = (async () => {
    for (let said = ""; !stopping.signal.aborted; ) {
      const problem = await listen().then(
        () => "it went away",
        (error) => reason(error),
      );
      if (stopping.signal.aborted) return;
      if (problem !== said) log.warn({ device }, `the button cannot be heard: ${problem}; trying again`);
      said = problem;
      await clock.sleep(AGAIN_MS, stopping.signal);
    }
  })();

  return {
    async close() {
      stopping.abort();
      await listening;
    },
  };
}
