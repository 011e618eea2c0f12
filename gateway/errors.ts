import { beginning } from "./catalogue/beginning.ts";
import { entry } from "./catalogue/entry.ts";
import { seeing } from "./catalogue/seeing.ts";
import { telling } from "./catalogue/telling.ts";

/**
 * Everything that can go wrong in a way that somebody must know about, by its code. `docs/errors.md` is generated from
 * this catalogue.
 */
export const catalogue = {
  ...beginning,
  ...seeing,
  ...telling,
  INTERNAL: entry<{ problem: string }>(
    1,
    (p) => `something that should not happen did: ${p.problem}`,
    "Please report it with what you did before.",
  ),
} as const;

export type ErrorCode = keyof typeof catalogue;
type ParamsOf<C extends ErrorCode> = Parameters<(typeof catalogue)[C]["says"]>[0];

/** An error somebody must know about. `cause` holds what lies beneath. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: 1 | 2;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "GatewayError";
    this.code = code;
    this.hint = catalogue[code].hint;
    this.exit = catalogue[code].exit;
  }
}

/** Makes (does not throw) the error of that code: `throw failure("INPUT_MISSING", { path })`. */
export function failure<C extends ErrorCode>(code: C, params: ParamsOf<C>, cause?: unknown): GatewayError {
  const says = catalogue[code].says as (params: ParamsOf<C>) => string;
  return new GatewayError(code, says(params), cause);
}

/** What a thrown thing says, in one line. */
export function reason(thrown: unknown): string {
  // Of a host with several addresses none was reached: it says nothing itself.
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(reason).join("; ");
  return thrown instanceof Error ? thrown.message : String(thrown);
}
