/**
 * The one place between a source that goes at its own pace and a reader that goes at another: holds the latest value
 * and nothing else, so a slow reader loses values but never falls behind.
 */
export class Latest<T> {
  #value: T | null = null;
  #over: { readonly error?: unknown } | null = null;
  #wake: (() => void) | null = null;

  /** Replaces a value that nobody took. After the end there is none any more. */
  put(value: T): void {
    if (this.#over !== null) return;
    this.#value = value;
    this.#wake?.();
  }

  /** No value comes any more. One that was put before can still be taken. */
  end(): void {
    this.#over ??= {};
    this.#wake?.();
  }

  /** As `end`, but whoever takes next is thrown the error. */
  fail(error: unknown): void {
    this.#over ??= { error };
    this.#wake?.();
  }

  /** Ends, and drops what nobody took. */
  close(): void {
    this.#value = null;
    this.#over = {};
    this.#wake?.();
  }

  /** The latest value that was not taken yet; waits for one if need be. Null when there will be no more. */
  async take(): Promise<T | null> {
    while (this.#value === null && this.#over === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#value;
    this.#value = null;
    if (value === null && this.#over?.error !== undefined) throw this.#over.error;
    return value;
  }
}
