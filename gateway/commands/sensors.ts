import { stringify } from "yaml";
import { systemClock as clock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { GatewayError, reason } from "../errors.ts";
import { createLogger, withoutCredentials } from "../log.ts";
import { revealSecret } from "../options.ts";
import {
  type Found,
  judge,
  openSensor,
  openSounds,
  scanMachine,
  scanModbus,
  scanMqtt,
} from "../sense/sense.ts";
import type { Reading } from "../terms.ts";
import type { Terminal } from "./terminal.ts";

export interface ScanOptions {
  readonly mqtt?: string | undefined;
  readonly modbus?: string | undefined;
  readonly seconds: number;
  readonly config?: string | undefined;
}

/** Quiet while it looks: what it finds is what it says. */
const log = createLogger("error");

/** Lists what can be seen, with the config to paste. What cannot be looked at is named, and the exit code is then 1. */
export async function scanSensors(terminal: Terminal, options: ScanOptions): Promise<void> {
  const config = await loadConfig(options.config);
  const looks: { readonly where: string; readonly look: () => Promise<readonly Found[]> }[] = [
    { where: "this machine", look: () => scanMachine() },
  ];
  const broker = options.mqtt ? { url: options.mqtt } : brokerOf(config);
  if (broker)
    looks.push({
      where: `the broker`,
      async look() {
        const found = await scanMqtt(broker, { seconds: options.seconds, log, clock });
        return found.map((one) => onBroker(one, broker.url, config));
      },
    });
  if (options.modbus) looks.push({ where: options.modbus, look: () => scanModbus(options.modbus!) });

  const pasted: Found["config"][] = [];
  const names = new Set(config.sensors.map(({ name }) => name));
  for (const { where, look } of looks) {
    try {
      for (const found of await look()) {
        const entry = { ...found.config, name: ownName(String(found.config.name), names) };
        pasted.push(entry);
        terminal.say(`${found.what}${found.note ? `\n  (${found.note})` : ""}`);
        terminal.emit({ ...found, config: entry });
      }
    } catch (error) {
      process.exitCode = 1;
      terminal.note(`${where} could not be asked: ${reason(error)}`);
    }
  }
  if (pasted.length === 0) terminal.say("No sensor can be seen from here.");
  else terminal.say(`\n# Paste what you want into the config:\n${stringify({ sensors: pasted })}`);
  if (!broker) terminal.note("No broker was asked: name one with --mqtt, or with `mqtt.url` in the config.");
}

/** With the broker's address, where it is none that sensors without one are looked for on. */
function onBroker(found: Found, url: string, { mqtt }: Config): Found {
  if (url === mqtt.url) return found;
  const { username } = new URL(url);
  const config = { ...found.config, url: withoutCredentials(url) };
  if (username === "") return { ...found, config };
  return {
    ...found,
    config: { ...config, username: decodeURIComponent(username) },
    note: "the broker's password goes into `password`, best as `{ file: … }` or `{ env: … }`",
  };
}

/** The school's broker. The embedded one knows only who is connected to it at this moment, and needs a gateway that runs. */
function brokerOf({ mqtt }: Config) {
  if (mqtt.url === undefined) return null;
  return {
    ...mqtt,
    url: mqtt.url,
    password: mqtt.password === undefined ? undefined : revealSecret(mqtt.password),
  };
}

/** Each entry needs a name of its own. */
function ownName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted.slice(0, 60)}-${number}`;
  taken.add(name);
  return name;
}

/** What became of one configured sensor when it was tried. */
export interface Trial {
  readonly name: string;
  readonly result: "ok" | "warning" | "failed";
  readonly says: string;
  readonly advice?: string;
}

/**
 * Opens each configured sensor and waits for what it says. Microphones are the eye's to try. A hub's sensor that says
 * nothing meanwhile may well be in order: it speaks when it has something to say.
 */
export async function trySensors(config: Config, seconds: number): Promise<Trial[]> {
  const broker = brokerOf(config);
  return Promise.all(
    config.sensors
      .filter(({ driver }) => driver !== "sound")
      .map(async (options): Promise<Trial> => {
        const { name, driver } = options;
        const isMqtt = driver === "mqtt";
        if (isMqtt && options.url === undefined && !broker) {
          const says = `${name}: publishes to the embedded broker, which is there only while the gateway runs`;
          return { name, result: "ok", says };
        }
        try {
          const said = await firstReadings(options, broker ?? { url: "mqtt://127.0.0.1" }, seconds);
          if (said !== null) return { name, ...verdictOn(name, said) };
          if (!isMqtt) return { name, result: "failed", says: `${name}: says nothing`, advice: SILENT };
          const says = `${name}: connected; nothing was said within ${seconds} s`;
          return { name, result: "warning", says, advice: PATIENT };
        } catch (error) {
          const advice = error instanceof GatewayError ? error.hint : SILENT;
          const says = reason(error).replace(/^sensor [^:]*: /, "");
          return { name, result: "failed", says: `${name}: ${says}`, advice };
        }
      }),
  );
}

const SILENT = "Check cable, power, address and settings; the device's manual says what it sends.";
const PATIENT =
  "Battery sensors speak seldom. Breathe at it, or compare `topic` with what `focus-gateway sensors scan` shows.";

/** `air-1: co2 812 [ppm], temperature 21.5 Cel`, and what is wrong with any of them. */
function verdictOn(name: string, readings: readonly Reading[]): Omit<Trial, "name"> {
  const values = readings.map(({ quantity, value, unit, quality }) => {
    const said = Number.isFinite(value) ? `${Number(value.toPrecision(4))} ${unit}` : "no number";
    return `${quantity} ${said}${quality === "ok" ? "" : ` (${quality})`}`;
  });
  const says = `${name}: ${values.join(", ")}`;
  if (readings.every(({ quality }) => quality === "ok")) return { result: "ok", says };
  return { result: "warning", says, advice: DOUBTFUL };
}

const DOUBTFUL =
  "Check the settings (unit, register, field) and the device; docs/sensors.md says what each word means.";

/** Null when nothing was said in time. Rejects when it is lost. */
async function firstReadings(
  options: Config["sensors"][number],
  broker: Parameters<typeof openSensor>[1]["broker"],
  seconds: number,
): Promise<readonly Reading[] | null> {
  const sensor = await openSensor(options, {
    name: options.name,
    clock,
    log,
    broker,
    scene: () => ({ activity: "lecture", airing: false }),
    sounds: openSounds(),
  });
  const { weigh } = judge(options.name, options.staleAfterSeconds);
  const patience = new AbortController();
  const late = clock.sleep(seconds * 1000, patience.signal).then(() => null);
  const heard = (async () => {
    for (;;) {
      const report = await sensor.next();
      if (report === null) return null;
      if (report.away) throw new Error(report.away.why);
      const { measurements, lowBattery } = report;
      if (measurements.length > 0) return measurements.map((one) => weigh(one, clock.now(), lowBattery));
    }
  })();
  try {
    return await Promise.race([heard, late]);
  } finally {
    patience.abort();
    heard.catch(() => {});
    await sensor.close();
  }
}
