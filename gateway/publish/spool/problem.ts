import { failure, type GatewayError, reason } from "../../errors.ts";

/** Says who mends it: DISK_FULL, or SPOOL_UNWRITABLE for everything else. */
export function writeProblem(folder: string, error: unknown): GatewayError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") return failure("DISK_FULL", { folder }, error);
  return failure("SPOOL_UNWRITABLE", { folder, problem: reason(error) }, error);
}
