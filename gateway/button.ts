import { reason } from "./errors.ts";
import { type GpioLine, listenToLine } from "./gpio/gpio.ts";
import { listenToKeys } from "./inputDevice.ts";
import type { Logger } from "./log.ts";
import type { Clock } from "./terms.ts";

export interface ButtonOptions extends Omit<GpioLine, "gpio"> {
  /** An input device of the kernel's. */
  readonly device?: string | undefined;
  /** The only key of it that counts. */
  readonly key?: number | undefined;
  /** A GPIO line: `gpiochip0:17`, or its name. */
  readonly gpio?: string | undefined;
  readonly debounceMilliseconds: number;
}

/** Whoever presses again so soon has pressed once. */
const AGAIN_MS = 300;
const RETRY_MS = 5_000;

/** Listens to a button in the room. One that is unplugged, or is not there yet, is waited for. */
export function watchButton(
  { device, key, gpio, ...wiring }: ButtonOptions,
  pressed: () => void,
  { log: parentLog, clock }: { readonly log: Logger; readonly clock: Clock },
): { close(): Promise<void> } {
  const log = parentLog.child({ part: "button" });
  const stopping = new AbortController();
  const { signal } = stopping;
  let lastAt = Number.NEGATIVE_INFINITY;

  function press(): void {
    const now = clock.elapsed();
    if (now - lastAt > AGAIN_MS) pressed();
    lastAt = now;
  }

  /** Resolves with why nothing can be heard any more. */
  async function listen(): Promise<string> {
    if (gpio === undefined) {
      const wanted = (code: number) => void ((key === undefined || code === key) && press());
      await listenToKeys(device!, wanted, { clock, signal });
      return "it went away";
    }
    const listening = await listenToLine({ gpio, ...wiring }, press, clock.elapsed);
    const stop = () => void listening.close();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    return listening.ended.finally(() => signal.removeEventListener("abort", stop));
  }

  const listening = (async () => {
    for (let said = ""; !signal.aborted; ) {
      const problem = await listen().catch(reason);
      if (signal.aborted) return;
      if (problem !== said)
        log.warn({ button: gpio ?? device }, `the button cannot be heard: ${problem}; trying again`);
      said = problem;
      await clock.sleep(RETRY_MS, signal);
    }
  })();

  return {
    async close() {
      stopping.abort();
      await listening;
    },
  };
}
