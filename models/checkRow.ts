/** One figure of a pack, and whether it is what we promise. */
export interface CheckRow {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
  /** False where something is wrong here. Null when it was not measured, promises nothing, or misses a goal as it always did. */
  readonly ok: boolean | null;
  /** By how much the goal is missed: no fault of this machine, but what the estimate cannot do yet. */
  readonly missedBy?: string;
}

/** The figure as a line for people. */
export function rowText({ what, value, goal, ok, missedBy }: CheckRow): string {
  const sign = ok === false ? "FAILED" : ok ? "ok    " : missedBy ? "missed" : "–     ";
  return `${sign} ${what}: ${value} (goal: ${goal}${missedBy ? `, missed by ${missedBy}` : ""})`;
}
