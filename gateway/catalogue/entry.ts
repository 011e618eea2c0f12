/**
 * Something that can go wrong in a way that somebody must know about: who mends it, what to say, what to do.
 *
 * `exit` follows the contract: 2 for bad usage or config (the person at the keyboard mends it), 1 for the rest.
 */
export interface Entry<P> {
  readonly exit: 1 | 2;
  readonly says: (params: P) => string;
  readonly hint: string;
}

export const entry = <P = Record<never, never>>(
  exit: 1 | 2,
  says: (params: P) => string,
  hint: string,
): Entry<P> => ({ exit, says, hint });
