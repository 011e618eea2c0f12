import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import type { VerifiedPack } from "../../models/manifest.ts";
import { readTable } from "../../models/table.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../terms.ts";

/** The room comes first: what starts with the gateway is done by then, and whoever only tries it out has gone. */
const AFTER_MS = 60_000;

/**
 * On a machine where the pack's networks have not been measured yet, does what `models prepare` does, a minute after the
 * start, in a process of its own and with what the others leave of the processor. Its choice counts from the next start.
 */
export async function tuneLater(
  pack: VerifiedPack,
  configFile: string | undefined,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<{ close(): void }> {
  const closing = new AbortController();
  if ((await readTable(pack)) === null) void tune().catch(() => {});
  return { close: () => closing.abort() };

  async function tune(): Promise<void> {
    await clock.sleep(AFTER_MS, closing.signal);
    if (closing.signal.aborted) return;
    log.info("the networks are being made quicker for this machine, in the background");
    const config = configFile === undefined ? [] : ["--config", configFile];
    const child = spawn(process.execPath, [process.argv[1]!, "models", "prepare", "--json", ...config], {
      stdio: "ignore",
      // glibc would keep up to eight arenas a core, and what the networks' layers took in them: 100 MB more.
      env: { MALLOC_ARENA_MAX: "2", ...process.env },
    });
    closing.signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
    child.once("error", (error) => log.warn({ why: error.message }, "the networks were not made quicker"));
    child.once("spawn", () => child.pid && setPriority(child.pid, constants.priority.PRIORITY_LOW));
    child.once("exit", (code) => {
      if (closing.signal.aborted) return;
      if (code === 0) log.info("quicker networks are ready, and are used from the next start");
      else log.warn({ code }, "the networks were not made quicker; `focus-gateway models prepare` says why");
    });
  }
}
