/** How many of the last windows are looked back on: an hour at the default length. */
const WINDOWS = 360;

/** How many heads to expect where nobody has said: the most that were seen lately. */
export interface ExpectedHeads {
  see(meanHeads: number): void;
  /** Null while that is below the minimum group, whose size must not show. */
  expected(minimumGroup: number): number | null;
}

export function learnExpected(): ExpectedHeads {
  const seen: number[] = [];
  return {
    see(meanHeads) {
      seen.push(meanHeads);
      if (seen.length > WINDOWS) seen.shift();
    },
    expected(minimumGroup) {
      const most = Math.round(Math.max(0, ...seen));
      return most >= minimumGroup ? most : null;
    },
  };
}
