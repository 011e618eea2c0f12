import { onTestFinished } from "vitest";

/**
 * Has it done when the test ends, whatever comes of the test; what is asked for last is done first. Outside of a test (in a
 * `beforeAll`, in a bench) it is not done: there whoever starts something ends it.
 */
export function afterwards(undo: () => unknown): void {
  try {
    onTestFinished(async () => void (await undo()));
  } catch {
    // Not in a test.
  }
}
