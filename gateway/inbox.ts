/**
 * What came in over one connection: handled several messages at a time, acknowledged in the order they came.
 *
 *   read ─▶ handle, `atOnce` at most, and nothing further is read until one is through ─▶ PUBACK, in order
 *
 * One at a time, a message costs a sync of the disk: 360 a second were measured. Together they share it.
 */
export interface Inbox {
  /** As many are being handled as may be, so nothing is read. */
  readonly full: boolean;
  /** `goOn` lets the next message be read. After a handler has failed nothing more is acknowledged. */
  take(letter: Letter, goOn: () => void): void;
  /** Resolves when nothing is being handled any more. */
  settled(): Promise<void>;
}

export interface Letter {
  handle(): Promise<void>;
  acknowledge(): void;
  /** Handling failed; called for the first failure only. */
  failed(error: unknown): void;
}

/** `earlier`: what an ended connection left unfinished comes first, for its messages may be here again. */
export function openInbox(atOnce: number, earlier: Promise<void>): Inbox {
  /** In the order they came; the first ones leave together, as soon as they are done. */
  const letters: { readonly letter: Letter; done: boolean }[] = [];
  const working = new Set<Promise<void>>();
  let held: (() => void) | undefined;
  let broken = false;

  async function work(entry: (typeof letters)[number]): Promise<void> {
    await earlier;
    if (broken) return;
    try {
      await entry.letter.handle();
      entry.done = true;
    } catch (error) {
      if (!broken) entry.letter.failed(error);
      broken = true;
    }
    // [MQTT-4.6.0-2] PUBACKs in the order in which their messages came.
    while (!broken && letters[0]?.done) letters.shift()!.letter.acknowledge();
    if (broken || letters.length >= atOnce) return;
    const goOn = held;
    held = undefined;
    goOn?.();
  }

  return {
    get full() {
      return letters.length >= atOnce;
    },
    take(letter, goOn) {
      const entry = { letter, done: false };
      letters.push(entry);
      const work_ = work(entry).finally(() => working.delete(work_));
      working.add(work_);
      if (letters.length < atOnce) goOn();
      else held = goOn;
    },
    async settled() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}
