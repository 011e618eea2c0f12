import { systemClock } from "../clock.ts";
import { loadConfig } from "../config.ts";
import { lockDataFolder } from "../dataFolder.ts";
import { failure } from "../errors.ts";
import { createLogger } from "../log.ts";
import { revealSecret } from "../options.ts";
import { openParts } from "../parts.ts";
import { openRecord } from "../record/record.ts";
import { serviceManager } from "../watchdog.ts";
import { untilToldToStop } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** Every room of the site: `+` stands for one level of a topic [MQTT-4.7.1-3]. */
const everyRoom = (site: string) => `classroom/v1/${site}/+`;

/**
 * Records what all rooms of a site publish on the school's broker, and does nothing else: no camera, no page. `room` in its
 * config is the recorder's own name. Runs until it is told to stop. Throws USAGE.
 */
export async function record(terminal: Terminal, configFile: string | undefined): Promise<void> {
  const { site, room, mqtt, dataFolder, record: options, log: logging } = await loadConfig(configFile);
  if (mqtt.url === undefined)
    throw failure("USAGE", { problem: "a recorder listens to the school's broker: mqtt.url is needed" });
  if (!options.embedded && !options.influx)
    throw failure("USAGE", { problem: "a recorder needs a database: record.influx, or record.embedded" });
  const log = createLogger(logging.level);
  const manager = serviceManager(process.env, log);
  const stopped = untilToldToStop();
  const parts = openParts();
  try {
    parts.add(await lockDataFolder(dataFolder), (lock) => lock.release());
    const password = mqtt.password === undefined ? undefined : revealSecret(mqtt.password);
    const login = { ...mqtt, url: mqtt.url, password, clientId: `focus-recorder:${site}:${room}` };
    parts.add(
      await openRecord(options, {
        mqtt: login,
        root: everyRoom(site),
        dataFolder,
        log,
        clock: systemClock,
      }),
      (it) => it.close(),
    );
    terminal.emit({ recording: site, broker: mqtt.url, share: options.share ?? null });
    terminal.say(`Recording every room of ${site}, from ${mqtt.url}. Ctrl-C stops it.`);
    manager.ready();
    const signal = await stopped;
    log.info(`${signal}: closing`);
    manager.close();
  } finally {
    await parts.close(log);
  }
}
