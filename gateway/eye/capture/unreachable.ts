/** Why nothing came of a connection to that address, for people. */
export function whyUnreachable(error: NodeJS.ErrnoException, { host, hostname }: URL): string {
  // OpenSSL's own words name its source files.
  if (/^(EPROTO|ERR_SSL_)/.test(error.code ?? "")) {
    return `no TLS comes about with ${host}: is that its port, and does it speak 1.2 or later?`;
  }
  switch (error.code) {
    case "ECONNREFUSED":
      return `nothing answers at ${host} (connection refused)`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return `${host} cannot be reached`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `nobody knows where ${hostname} is`;
    case "ECONNRESET":
      return `${host} hung up`;
    default:
      return error.message;
  }
}
