import { failure, GatewayError, reason } from "../errors.ts";

/** What the person at the keyboard mends: rights, or a path that is something else than was meant. */
const PATH_PROBLEMS = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "EEXIST", "ELOOP", "ENAMETOOLONG"];

/**
 * Whatever ended a command, as an error of the catalogue. What the system says of a path or an address is no defect of ours,
 * and is not to be reported as one.
 */
export function known(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code = "", syscall, path, address, port } = error as Partial<SystemError>;
  if (typeof path === "string" && PATH_PROBLEMS.includes(code))
    return failure("PATH_UNUSABLE", { path, problem: inWords(error) }, error);
  if (syscall === "listen" && address !== undefined)
    return failure("ADDRESS_UNUSABLE", { host: address, port: port ?? 0, problem: inWords(error) }, error);
  return failure("INTERNAL", { problem: reason(error) }, error);
}

/** What Node puts into the errors of system calls. https://nodejs.org/api/errors.html#class-systemerror */
interface SystemError {
  readonly code: string;
  readonly syscall: string;
  readonly path: string;
  readonly address: string;
  readonly port: number;
}

/** `EACCES: permission denied, mkdir '/x'`, `listen EACCES: permission denied 0.0.0.0:80` → `permission denied` */
const inWords = (error: unknown) => /E[A-Z]+: ([a-z ()-]*[a-z)])/.exec(reason(error))?.[1] ?? reason(error);
