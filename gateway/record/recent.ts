/**
 * The latest records of the journal, still in memory: who keeps up with it need not read them from disk and take them
 * apart again.
 */
export interface Recent<T> {
  /** The record that lies from `at` to `next`; each begins where the one before it ended. */
  add(at: number, next: number, value: T): void;
  /** As `Journal.read`; null when the first record is not in memory. */
  read(position: number, until: number, maximum: number): { values: T[]; next: number } | null;
  /** Nobody needs what lies before `position` any more. */
  forget(position: number): void;
}

interface Entry<T> {
  readonly at: number;
  readonly next: number;
  readonly value: T;
}

/** Keeps `most` records or up to twice as many, so that it is not the whole list that moves with each record. */
export function openRecent<T>(most: number): Recent<T> {
  let entries: Entry<T>[] = [];

  /** The index of the first record that begins at `position` or after it. */
  function find(position: number): number {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle]!.at < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    add(at, next, value) {
      if (entries.length > 0 && entries.at(-1)!.next !== at) entries = [];
      entries.push({ at, next, value });
      if (entries.length >= 2 * most) entries = entries.slice(-most);
    },
    read(position, until, maximum) {
      const first = find(position);
      if (entries[first]?.at !== position || position >= until) return null;
      const found = entries.slice(first, Math.min(first + maximum, find(until)));
      return { values: found.map(({ value }) => value), next: found.at(-1)!.next };
    },
    forget(position) {
      entries = entries.slice(find(position));
    },
  };
}
