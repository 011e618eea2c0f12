import { systemClock } from "../clock.ts";
import { loadConfig } from "../config.ts";
import { reason } from "../errors.ts";
import { type Gateway, openGateway } from "../gateway.ts";
import { createLogger } from "../log.ts";
import { serviceManager } from "../watchdog.ts";
import { preparedPack } from "./models.ts";
import { untilToldToStop } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import { tuneLater } from "./tuneLater.ts";

/** Runs the gateway until it is told to stop (Ctrl-C, or SIGTERM from a service manager); twice stops it at once. */
export async function run(terminal: Terminal, configFile: string | undefined): Promise<void> {
  const config = await loadConfig(configFile);
  const log = createLogger(config.log.level);
  const manager = serviceManager(process.env, log);
  const stopped = untilToldToStop();
  const pack = await preparedPack(terminal, config);
  const gateway = await openGateway(config, pack, { log, clock: systemClock });
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
  const tuning = await tuneLater(pack, configFile, { log, clock: systemClock });
  const signal = await stopped;
  log.info(`${signal}: closing`);
  manager.close();
  tuning.close();
  await close(gateway);
  log.info("closed");
}

async function close(gateway: Gateway): Promise<void> {
  await gateway.close().catch((error) => process.stderr.write(`closing: ${reason(error)}\n`));
}
