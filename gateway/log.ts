import pino from "pino";

export type Logger = pino.Logger;
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Keys whose values are never written, wherever they stand in a logged object. */
const SECRET_KEYS = ["password", "token", "secret", "authorization", "passwordHash"];
const REDACTED = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** `scheme://user:secret@host` → `scheme://host`; text without credentials comes back as it is. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1");
}

/**
 * The one logger. Writes to standard error, so that standard output stays free for results:
 * JSON lines for machines, short coloured lines for a person at a terminal.
 */
export function createLogger(level: LogLevel, person = process.stderr.isTTY === true): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    redact: { paths: REDACTED, censor: "[redacted]" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => cleanError(pino.stdSerializers.err(error as Error)),
    },
    hooks: {
      logMethod(args, method) {
        // A URL with credentials in it reaches the log most often inside an error's text.
        const clean = args.map((arg) => (typeof arg === "string" ? withoutCredentials(arg) : arg));
        method.apply(this, clean as Parameters<typeof method>);
      },
    },
  };
  if (!person) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, personStream());
}

function cleanError(error: pino.SerializedError): pino.SerializedError {
  if (typeof error?.message === "string") error.message = withoutCredentials(error.message);
  if (typeof error?.stack === "string") error.stack = withoutCredentials(error.stack);
  return error;
}

/** `12:04:31 camera: lost, trying again` — time, part, words. */
function personStream(): pino.DestinationStream {
  const colour: Record<string, string> = { warn: "\x1b[33m", error: "\x1b[31m", debug: "\x1b[2m" };
  return {
    write(line) {
      const { time, level, part, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown> & {
        err?: { message?: string };
      };
      const details = Object.entries(rest).map(
        ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
      if (err?.message) details.push(err.message);
      const clockTime = new Date(String(time)).toTimeString().slice(0, 8);
      const words = [part ? `${part}: ${msg}` : msg, ...details].join("  ");
      process.stderr.write(`\x1b[2m${clockTime}\x1b[0m ${colour[String(level)] ?? ""}${words}\x1b[0m\n`);
    },
  };
}
