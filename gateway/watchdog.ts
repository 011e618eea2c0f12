import { execFile } from "node:child_process";
import type { Logger } from "./log.ts";

/** What a service manager is told: systemd, where it has started the gateway. */
export interface ServiceManager {
  /** It is up; from now on it is also told, several times in the time it allows, that the gateway still turns over. */
  ready(): void;
  /** It is being stopped on purpose. */
  close(): void;
}

/** systemd counts three missed beats as none at all (sd_watchdog_enabled(3) asks for half of the time). */
const BEATS = 3;

/**
 * Speaks sd_notify(3) through the program `systemd-notify`, because Node has no datagrams on Unix sockets. Outside systemd
 * nothing happens. Takes the variables out of the environment, so that no child can speak in the gateway's name.
 */
export function serviceManager(
  environment: NodeJS.ProcessEnv,
  log: Pick<Logger, "warn">,
  program = "systemd-notify",
): ServiceManager {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = environment;
  delete environment.NOTIFY_SOCKET;
  delete environment.WATCHDOG_USEC;
  delete environment.WATCHDOG_PID;
  if (!NOTIFY_SOCKET) return { ready() {}, close() {} };

  let complained = false;
  const tell = (...words: string[]) => {
    // Its own environment holds nothing of the gateway's.
    execFile(program, words, { env: { NOTIFY_SOCKET, PATH: environment.PATH }, timeout: 10_000 }, (error) => {
      if (!error || complained) return;
      complained = true;
      log.warn({ err: error }, "systemd cannot be told how the gateway does");
    });
  };
  let beating: NodeJS.Timeout | undefined;
  return {
    ready() {
      tell("--ready", "STATUS=running");
      const allowedMs = Number(WATCHDOG_USEC) / 1000;
      if (allowedMs > 0) beating = setInterval(() => tell("WATCHDOG=1"), allowedMs / BEATS);
      beating?.unref();
    },
    close() {
      clearInterval(beating);
      beating = undefined;
      tell("STOPPING=1");
    },
  };
}
