import { loadConfig } from "../config.ts";
import { failure } from "../errors.ts";
import { askHealth } from "./ask.ts";
import type { Terminal } from "./terminal.ts";

/** How a gateway on this machine does. */
interface State {
  readonly alive: boolean;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  /** Whether a lesson is on: not a moment to restart anything. */
  readonly lesson: boolean;
}

const AGAIN_MS = 1_000;

/**
 * Asks the gateway that runs with this config; exit code 1 unless it is what was asked for.
 * @param wait seconds to go on asking until it is.
 * @param wanted `alive`: it answers; `ready`: it also sees its room and hands on what it sees.
 */
export async function health(
  terminal: Terminal,
  configFile: string | undefined,
  { wait, wanted }: { readonly wait: number; readonly wanted: "alive" | "ready" },
): Promise<void> {
  const { show } = await loadConfig(configFile);
  if (!show.health.enabled)
    throw failure("USAGE", { problem: "the gateway's health server is off (show.health.enabled)" });
  const deadline = Date.now() + wait * 1000;
  let state = await ask();
  while (!state[wanted] && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    state = await ask();
  }
  terminal.emit(state);
  terminal.say(
    !state.alive
      ? "nobody answers"
      : `${state.ready ? "ready" : `not ready: ${state.reasons.join("; ")}`}${state.lesson ? "; a lesson is on" : ""}`,
  );
  if (!state[wanted]) process.exitCode = 1;

  async function ask(): Promise<State> {
    try {
      const { ready, reasons, lesson } = JSON.parse((await askHealth(show.health, "/readyz")).text) as State;
      return { alive: true, ready, reasons: reasons ?? [], lesson };
    } catch {
      return { alive: false, ready: false, reasons: [], lesson: false };
    }
  }
}
