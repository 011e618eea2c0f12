/** Resolves when the program is told to stop: Ctrl-C, or a service manager's SIGTERM. Twice stops it at once. */
export function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) {
      process.on(signal, () => {
        resolve(signal);
        // The second time somebody is in a hurry: the default handling, which ends the process, is back.
        for (const each of signals) process.removeAllListeners(each);
      });
    }
  });
}
