import { GatewayError, reason } from "../../errors.ts";

/** What a check came to. `advice` says what to do about it, when there is something to do. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warning" | "failed";
  readonly says: string;
  readonly advice?: string;
}

export const ok = (check: string, says: string): Finding => ({ check, result: "ok", says });

export const warning = (check: string, says: string, advice: string): Finding => ({
  check,
  result: "warning",
  says,
  advice,
});

export const failed = (check: string, says: string, advice: string): Finding => ({
  check,
  result: "failed",
  says,
  advice,
});

/** What a thrown thing comes to, with its own advice where it has any. */
export function thrown(check: string, error: unknown): Finding {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  const says = `${reason(error)}${cause}`;
  return error instanceof GatewayError ? failed(check, says, error.hint) : { check, result: "failed", says };
}
