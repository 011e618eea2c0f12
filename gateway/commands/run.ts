import type { PreparedPack } from "../../models/manifest.ts";
import { readyPack } from "../../models/ready.ts";
import { systemClock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { failure, GatewayError, reason } from "../errors.ts";
import { keepIfGood, readLastGood } from "../fleet/lastGood.ts";
import { type Gateway, openGateway } from "../gateway.ts";
import type { ConfigSource } from "../health.ts";
import { createLogger, type Logger } from "../log.ts";
import { serviceManager } from "../watchdog.ts";
import { fetchedPack } from "./models.ts";
import { readyApart } from "./readyApart.ts";
import { untilToldToStop } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import { tuneLater } from "./tuneLater.ts";

/**
 * Runs the gateway until it is told to stop (Ctrl-C, or SIGTERM from a service manager); twice stops it at once.
 * @param fallback a file in which the last good config is kept, to be run where the given one cannot be.
 */
export async function run(
  terminal: Terminal,
  configFile: string | undefined,
  fallback?: string,
): Promise<void> {
  if (fallback !== undefined && configFile === undefined)
    throw failure("USAGE", { problem: "--fallback stands in for a --config: give one" });
  const manager = serviceManager(process.env, createLogger("warn"));
  const stopped = untilToldToStop();
  const { config, source, pack, gateway, log } = await start(terminal, configFile, fallback);
  const { live, editor, health, broker } = gateway.urls;
  terminal.emit({
    running: true,
    site: config.site,
    room: config.room,
    dataFolder: config.dataFolder,
    ...gateway.urls,
  });
  for (const line of [
    "",
    `  Focus gateway for ${config.site}/${config.room}${configFile === undefined ? ": a simulated classroom, for trying it out" : ""}`,
    ...(live ? [`  Live page    ${live}`] : []),
    ...(editor ? [`  Flow editor  ${editor}`] : []),
    `  MQTT         ${broker}  classroom/v1/${config.site}/${config.room}/#`,
    ...(health ? [`  Health       ${health}/readyz  ${health}/metrics`] : []),
    `  Networks     ${pack.id} on ${gateway.eye.engine.provider}, ${gateway.eye.engine.precision}`,
    `  Data         ${config.dataFolder}`,
    ...(config.record.embedded
      ? [
          `  Ask it       npx focus-gateway query "SELECT time, focus, quality FROM focus ORDER BY time DESC LIMIT 5"`,
        ]
      : []),
    "  Ctrl-C stops it.",
    "",
  ]) {
    terminal.say(line);
  }

  manager.ready();
  const ending = new AbortController();
  if (fallback !== undefined && source === "as_given")
    void keepIfGood(config, fallback, systemClock, ending.signal).catch((error) =>
      log.warn({ err: error }, "the config could not be kept as the last good one"),
    );
  const tuning = await tuneLater(pack, source === "last_good" ? fallback : configFile, {
    log,
    clock: systemClock,
  });
  const signal = await stopped;
  log.info(`${signal}: closing`);
  manager.close();
  ending.abort();
  tuning.close();
  await close(gateway);
  log.info("closed");
}

const BLIND = "cameras: a gateway needs one (a recorder does not: `focus-gateway record`)";

interface Started {
  readonly config: Config;
  readonly source: ConfigSource;
  readonly pack: PreparedPack;
  readonly gateway: Gateway;
  readonly log: Logger;
}

/** With the given config or, where that is something a person has to mend in it, with the last good one. */
async function start(
  terminal: Terminal,
  configFile: string | undefined,
  fallback: string | undefined,
): Promise<Started> {
  try {
    const config = await loadConfig(configFile);
    if (config.cameras.length === 0)
      throw failure("CONFIG_INVALID", { file: configFile!, problems: [BLIND] });
    return await open(terminal, config, configFile, "as_given");
  } catch (error) {
    // Anything else may be well a moment later, with the config that was given.
    if (fallback === undefined || !(error instanceof GatewayError) || error.exit !== 2) throw error;
    const last = await readLastGood(fallback, configFile!);
    if (last === null) throw error;
    createLogger(last.log.level).error(
      { code: error.code, cameras: last.privacy.profile === "off" ? "shut" : "as before" },
      `THE CONFIG CANNOT BE USED AND THE LAST GOOD ONE RUNS IN ITS PLACE. ${error.message} ${error.hint}`,
    );
    return open(terminal, last, fallback, "last_good");
  }
}

async function open(
  terminal: Terminal,
  config: Config,
  file: string | undefined,
  source: ConfigSource,
): Promise<Started> {
  const log = createLogger(config.log.level);
  const fetched = await fetchedPack(terminal, config);
  await readyApart(fetched, file);
  const pack = await readyPack(fetched);
  const gateway = await openGateway(config, pack, { log, clock: systemClock, source });
  return { config, source, pack, gateway, log };
}

async function close(gateway: Gateway): Promise<void> {
  await gateway.close().catch((error) => process.stderr.write(`closing: ${reason(error)}\n`));
}
