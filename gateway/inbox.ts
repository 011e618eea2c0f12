/**
 * What came in over one connection: handled several messages at a time, acknowledged in the order they came.
 *
 *   read ─▶ handle, `atOnce` at most, and nothing further is read until one is through ─▶ PUBACK, in order
 *
 * One at a time, a message costs a sync of the disk: 360 a second were measured. Together they share it.
 */
export interface Inbox<Letter> {
  /** As many are being handled as may be, so nothing is read. */
  readonly full: boolean;
  /** `id` is the packet's, undefined at QoS 0, which nobody acknowledges. `goOn` lets the next message be read. */
  take(letter: Letter, id: number | undefined, goOn: () => void): void;
  /** Resolves when nothing is being handled any more. */
  settled(): Promise<void>;
}

export interface InboxOptions<Letter> {
  readonly atOnce: number;
  /** What an ended connection left unfinished is waited for: its messages may be here again. */
  readonly earlier: Inbox<Letter> | undefined;
  readonly handle: (letter: Letter) => Promise<void>;
  /** Handling failed; called for the first failure only, and after it nothing more is acknowledged. */
  readonly failed: (letter: Letter, error: unknown) => void;
  /** Sends PUBACKs. */
  readonly write: (bytes: Buffer) => void;
}

interface Entry {
  readonly id: number | undefined;
  done: boolean;
}

export function openInbox<Letter>(options: InboxOptions<Letter>): Inbox<Letter> {
  const { atOnce, earlier, handle, failed, write } = options;
  /** Resolves when the first may be handled; null from then on. */
  let ready: Promise<void> | null =
    earlier?.settled().then(() => {
      ready = null;
    }) ?? null;
  /** In the order they came; the first ones leave together, as soon as they are done. */
  const entries: Entry[] = [];
  let working = 0;
  const idle: (() => void)[] = [];
  let held: (() => void) | undefined;
  let broken = false;
  /** Ids to acknowledge at the end of this turn. */
  let finished: number[] = [];

  function end(entry: Entry): void {
    working -= 1;
    entry.done = true;
    // [MQTT-4.6.0-2] PUBACKs in the order in which their messages came.
    while (!broken && entries[0]?.done) acknowledge(entries.shift()!.id);
    if (working === 0) for (const tell of idle.splice(0)) tell();
    if (broken || held === undefined || entries.length >= atOnce) return;
    const goOn = held;
    held = undefined;
    goOn();
  }

  function fail(letter: Letter, entry: Entry, error: unknown): void {
    // The connection ends now: what was handled before need not come again.
    if (finished.length > 0) send();
    if (!broken) failed(letter, error);
    broken = true;
    end(entry);
  }

  /** What is acknowledged in one turn goes out in one write. */
  function acknowledge(id: number | undefined): void {
    if (id === undefined || finished.push(id) > 1) return;
    setImmediate(() => {
      if (finished.length > 0) send();
    });
  }

  function send(): void {
    write(pubacks(finished));
    finished = [];
  }

  return {
    get full() {
      return entries.length >= atOnce;
    },
    take(letter, id, goOn) {
      const entry = { id, done: false };
      entries.push(entry);
      working += 1;
      const handled = ready ? ready.then(() => (broken ? undefined : handle(letter))) : handle(letter);
      handled.then(
        () => end(entry),
        (error) => fail(letter, entry, error),
      );
      if (entries.length < atOnce) goOn();
      else held = goOn;
    },
    async settled() {
      if (working > 0) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}

/** [MQTT-3.4] four bytes each: type, remaining length, packet id. */
function pubacks(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * 4);
  for (const [i, id] of ids.entries()) bytes.writeUInt32BE(0x40_02_00_00 + id, i * 4);
  return bytes;
}
