import type { Report } from "./sensor.ts";

/** More than this many reports that nobody took, and the oldest is dropped: what counts is the air now. */
const MOST = 100;

/** Between a source that speaks when it likes and `Sensor.next`: reports in order, an end, or an error. */
export class Inflow {
  #waiting: Report[] = [];
  #over: { readonly error?: unknown } | null = null;
  #wake: (() => void) | null = null;

  put(report: Report): void {
    if (this.#over) return;
    this.#waiting.push(report);
    if (this.#waiting.length > MOST) this.#waiting.shift();
    this.#wake?.();
  }

  /** Whoever takes next, after what was put before, is thrown the error. */
  fail(error: unknown): void {
    this.#over ??= { error };
    this.#wake?.();
  }

  /** Ends, and drops what nobody took. */
  close(): void {
    this.#waiting = [];
    this.#over = {};
    this.#wake?.();
  }

  async next(): Promise<Report | null> {
    while (this.#waiting.length === 0 && this.#over === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const report = this.#waiting.shift();
    if (report) return report;
    if (this.#over?.error !== undefined) throw this.#over.error;
    return null;
  }
}
