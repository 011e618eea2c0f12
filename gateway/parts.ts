import type { Logger } from "./log.ts";

/** What has been opened so far, to be closed in reverse order; a part that does not close cleanly does not keep the others open. */
export function openParts() {
  const closers: Array<() => Promise<void>> = [];
  return {
    add<T>(part: T, close: (part: T) => Promise<void>): T {
      closers.push(() => close(part));
      return part;
    },
    async close(log: Logger) {
      for (let close = closers.pop(); close; close = closers.pop()) {
        await close().catch((error) => log.error({ err: error }, "a part did not close cleanly"));
      }
    },
  };
}
