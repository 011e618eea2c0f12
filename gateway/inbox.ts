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
  /** `goOn` lets the next message be read. */
  take(letter: Letter, goOn: () => void): void;
  /** Resolves when nothing is being handled any more. */
  settled(): Promise<void>;
}

export interface Letter {
  /** Packet id; undefined at QoS 0, which nobody acknowledges. */
  readonly id: number | undefined;
  handle(): Promise<void>;
  /** Handling failed; called for the first failure only, and after it nothing more is acknowledged. */
  failed(error: unknown): void;
}

export interface InboxOptions {
  readonly atOnce: number;
  /** What an ended connection left unfinished is waited for: its messages may be here again. */
  readonly earlier: Inbox | undefined;
  /** Sends PUBACKs. */
  readonly write: (bytes: Buffer) => void;
}

export function openInbox({ atOnce, earlier, write }: InboxOptions): Inbox {
  const before = earlier?.settled() ?? Promise.resolve();
  /** In the order they came; the first ones leave together, as soon as they are done. */
  const letters: { readonly letter: Letter; done: boolean }[] = [];
  const working = new Set<Promise<void>>();
  let held: (() => void) | undefined;
  let broken = false;
  let pubacks: Buffer[] = [];

  async function work(entry: (typeof letters)[number]): Promise<void> {
    await before;
    if (broken) return;
    try {
      await entry.letter.handle();
      entry.done = true;
    } catch (error) {
      if (!broken) entry.letter.failed(error);
      broken = true;
    }
    // [MQTT-4.6.0-2] PUBACKs in the order in which their messages came.
    while (!broken && letters[0]?.done) acknowledge(letters.shift()!.letter.id);
    if (broken || letters.length >= atOnce) return;
    const goOn = held;
    held = undefined;
    goOn?.();
  }

  /** What is acknowledged in one turn goes out in one write. */
  function acknowledge(id: number | undefined): void {
    if (id === undefined) return;
    // [MQTT-3.4] four bytes: type, remaining length, packet id.
    if (pubacks.push(Buffer.from([0x40, 0x02, id >> 8, id & 0xff])) > 1) return;
    setImmediate(() => {
      write(Buffer.concat(pubacks));
      pubacks = [];
    });
  }

  return {
    get full() {
      return letters.length >= atOnce;
    },
    take(letter, goOn) {
      const entry = { letter, done: false };
      letters.push(entry);
      const one = work(entry).finally(() => working.delete(one));
      working.add(one);
      if (letters.length < atOnce) goOn();
      else held = goOn;
    },
    async settled() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}
