import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Clock } from "./terms.ts";

/** `struct input_event` of a 64-bit Linux: seconds and microseconds (8 bytes each), type, code (2 each), value (4). */
const EVENT_BYTES = 24;
const EV_KEY = 1;
const PRESSED = 1;
const ASK_MS = 50;

function nothingYet(error: NodeJS.ErrnoException): { bytesRead: number } {
  if (error.code === "EAGAIN") return { bytesRead: 0 };
  throw error;
}

/**
 * Listens to an input device until it is told to stop: a GPIO key, a USB button and a foot pedal are all such devices to
 * Linux (Documentation/input/input.rst). Rejects when the device is not there, or goes.
 * @param pressed a key was pressed, by its code (Linux input-event-codes.h).
 */
export async function listenToKeys(
  device: string,
  pressed: (key: number) => void,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  // Asked now and then: a read that blocks would hold up a thread, and the end of the process with it.
  const handle = await open(device, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const events = Buffer.alloc(64 * EVENT_BYTES);
    while (!signal.aborted) {
      const read = await handle.read(events, 0, events.length, null).catch(nothingYet);
      for (let at = 0; at + EVENT_BYTES <= read.bytesRead; at += EVENT_BYTES) {
        const isKey = events.readUInt16LE(at + 16) === EV_KEY && events.readInt32LE(at + 20) === PRESSED;
        if (isKey) pressed(events.readUInt16LE(at + 18));
      }
      await clock.sleep(ASK_MS, signal);
    }
  } finally {
    await handle.close();
  }
}
