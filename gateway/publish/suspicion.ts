/**
 * Finds the message that a broker hangs up on: one too large for it, say. Sent again and again it would stand in the
 * way of everything behind it, for ever.
 *
 * A connection that ends says nothing about a message, for brokers restart and networks fail. But a message that was
 * alone in flight on a connection that had just worked, three times in a row, is the cause.
 */
export interface Suspicion {
  /** The connection ended so long after this message had been sent, with nothing else in flight. */
  hungUpOn(sequence: number, milliseconds: number): void;
  proven(sequence: number): boolean;
}

const STRIKES = 3;
/** A broker that refuses does so at once; what took longer was the network. */
const SOON_MS = 5_000;

export function suspicion(): Suspicion {
  let suspect = Number.NaN;
  let strikes = 0;
  return {
    hungUpOn(sequence, milliseconds) {
      if (milliseconds > SOON_MS) return;
      strikes = sequence === suspect ? strikes + 1 : 1;
      suspect = sequence;
    },
    proven: (sequence) => sequence === suspect && strikes >= STRIKES,
  };
}
