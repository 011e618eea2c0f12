import { writeFile } from "node:fs/promises";
import { audit } from "../audit.ts";
import { systemClock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { failure, GatewayError, reason } from "../errors.ts";
import { gatherBundle } from "../fleet/bundle.ts";
import { secretsOf } from "../fleet/hide.ts";
import { packTar } from "../fleet/tar.ts";
import { askHealth } from "./ask.ts";
import { doctor } from "./doctor.ts";
import { type Terminal, tell } from "./terminal.ts";

export interface BundleOptions {
  /** The archive to write, which must not be there yet. */
  readonly out?: string;
  readonly config?: string;
  /** Prints the texts instead. */
  readonly show?: boolean;
  readonly doctor: boolean;
}

/**
 * Packs what somebody needs who is to help from afar, and says what is in it before it is sent anywhere: it only writes a
 * file. A config that cannot be used keeps nobody from asking for help with it. Throws USAGE.
 */
export async function bundle(terminal: Terminal, options: BundleOptions): Promise<void> {
  const { out, show = false } = options;
  if (out === undefined && !show)
    throw failure("USAGE", { problem: "say where to write it, --out FILE.tar.gz, or --show it" });
  const loaded = await loadConfig(options.config).catch((error: unknown) => {
    if (error instanceof GatewayError) return error;
    throw error;
  });
  const config = loaded instanceof GatewayError ? null : loaded;
  const now = systemClock.now();
  const files = await gatherBundle({
    config,
    problem: loaded instanceof GatewayError ? tell(loaded) : null,
    findings: config && options.doctor ? await askDoctor(options.config) : null,
    ask: config?.show.health.enabled
      ? async (path) => (await askHealth(config.show.health, path)).text
      : null,
    secrets: secretsOf(config ?? {}),
    now,
  });
  for (const { name, says, text } of files) {
    const bytes = Buffer.byteLength(text);
    terminal.emit({ file: name, bytes, says });
    terminal.say(
      show ? `──── ${name}: ${says}\n${text}` : `${String(bytes).padStart(9)}  ${name.padEnd(22)}  ${says}`,
    );
  }
  if (out === undefined) return;
  await write(out, packTar(files, now));
  await account(terminal, config);
  terminal.emit({ written: out });
  terminal.say(
    `\nIt is in ${out}, and goes nowhere by itself. Look into it before you send it: tar -xzOf ${out}`,
  );
}

/** For whoever made it only. */
async function write(out: string, archive: Buffer): Promise<void> {
  await writeFile(out, archive, { flag: "wx", mode: 0o600 }).catch((error) => {
    throw failure("USAGE", { problem: `cannot write ${out}: ${reason(error)}` }, error);
  });
}

/** What leaves the gateway is written down; a disk that is broken is a reason to ask for help, though. */
async function account(terminal: Terminal, config: Config | null): Promise<void> {
  if (!config) return;
  await audit(config.dataFolder, "exported", { what: "support bundle" }, systemClock).catch((error) =>
    terminal.note(`not in the audit log: ${reason(error)}`),
  );
}

/** What the doctor would say; that something failed is no failure of the bundle's. */
async function askDoctor(configFile: string | undefined): Promise<object[]> {
  const findings: object[] = [];
  const listening: Terminal = {
    json: true,
    say() {},
    emit: (finding) => void findings.push(finding),
    write() {},
    note() {},
    progress: () => ({ update() {}, end() {} }),
  };
  const before = process.exitCode;
  await doctor(listening, configFile).catch((error) =>
    findings.push({ check: "doctor", says: reason(error) }),
  );
  process.exitCode = before;
  return findings;
}
