import { z } from "zod";
import { systemClock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { lockDataFolder } from "../dataFolder.ts";
import { GatewayError } from "../errors.ts";
import { readLayers } from "../layers.ts";
import { createLogger, withoutCredentials } from "../log.ts";
import { connectMqtt } from "../mqtt.ts";
import { revealSecret } from "../options.ts";
import { openBroker } from "../publish/publish.ts";
import { manageInflux, probeInflux, queryStore } from "../record/record.ts";
import { askHealth } from "./ask.ts";
import { cameraFindings, camerasSchema } from "./checks/cameras.ts";
import { checkCertificates, judgeCertificate } from "./checks/certificates.ts";
import { checkContainers } from "./checks/containers.ts";
import { checkSecrets } from "./checks/files.ts";
import { type Finding, failed, ok, thrown, warning } from "./checks/finding.ts";
import { checkClock, checkDisk } from "./checks/machine.ts";
import { checkRoom } from "./checks/room.ts";
import { sensorFindings, sensorsSchema } from "./checks/sensors.ts";
import { checkUnit } from "./checks/unit.ts";
import { checkVersions } from "./checks/versions.ts";
import { checkEye } from "./look.ts";
import { trySensors } from "./sensors.ts";
import type { Terminal } from "./terminal.ts";

/** Quiet while it looks: what it finds is what it says. */
const log = createLogger("error");
const ANSWER_SECONDS = 8;

/**
 * One line a check; exit code 1 when something failed. Runs beside a gateway that is up, and then asks that. With `fix`
 * it also sets up what InfluxDB keeps, and for how long.
 */
export async function doctor(terminal: Terminal, configFile: string | undefined, fix = false): Promise<void> {
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    const sign = { ok: "ok     ", warning: "WARNING", failed: "FAILED " }[finding.result];
    terminal.say(`${sign} ${finding.check.padEnd(12)} ${finding.says}`);
    if (finding.advice) terminal.say(`        ${" ".repeat(12)} → ${finding.advice}`);
    terminal.emit(finding);
  };
  const check = async (name: string, look: () => Promise<Finding | readonly Finding[]>) => {
    const found = await look().catch((error) => thrown(name, error));
    for (const finding of [found].flat()) tell(finding);
  };

  // Without a config there is nothing else to look at, and the error says all there is to say.
  const config = await loadConfig(configFile);
  tell(ok("config", configFile ? `${configFile} is valid` : "none given: the demo's"));

  let running = false;
  await check("rights", async () => {
    const lock = await lockDataFolder(config.dataFolder).catch((error) => {
      if (error instanceof GatewayError && error.code === "DATA_FOLDER_IN_USE") return null;
      throw error;
    });
    running = lock === null;
    await lock?.release();
    return ok("rights", `${config.dataFolder} can be written to${running ? "; a gateway is using it" : ""}`);
  });
  await check("version", () => checkVersions(config, running));
  await check("secrets", async () => checkSecrets(config, await filesOf(configFile)));
  await check("disk", () => checkDisk(config));
  await check("clock", checkClock);
  await check("service", checkUnit);
  await check("containers", () => checkContainers(configFile));
  await check("certificates", () => checkCertificates(config, systemClock.now()));
  await check("broker", () => checkBroker(config, running));
  await check("store", () => checkStore(config, running));
  if (config.record.influx) await check("influx", () => checkInflux(config));
  if (config.record.influx && fix) await check("roll-ups", () => fixInflux(config));
  await check("sensors", () => checkSensors(config, running));
  await check("room", () => checkRoom(config));
  if (running) await check("gateway", () => askGateway(config));
  else if (config.cameras.length === 0) tell(ok("cameras", "none: a recorder needs none"));
  else await check("cameras", () => checkEye(terminal, config));

  if (findings.some(({ result }) => result === "failed")) process.exitCode = 1;
}

async function checkBroker(config: Config, running: boolean): Promise<Finding | readonly Finding[]> {
  const { mqtt, broker, site, room } = config;
  if (mqtt.url === undefined) {
    const place = `${broker.host}:${broker.port}`;
    if (running) return ok("broker", `the embedded one, at ${place}`);
    const opened = await openBroker(broker, log);
    await opened.close();
    return ok("broker", `the embedded one can listen on ${place}`);
  }
  const password = mqtt.password === undefined ? undefined : revealSecret(mqtt.password);
  const shown = withoutCredentials(mqtt.url);
  const connection = connectMqtt(
    { ...mqtt, url: mqtt.url, password, clientId: `focus-doctor:${site}:${room}`, cleanSession: true },
    log,
  );
  try {
    await answerWithin(ANSWER_SECONDS, `no answer from ${shown}`, (resolve, reject) =>
      connection.onState((state, problem) => (state === "connected" ? resolve(undefined) : reject(problem))),
    );
    const until = connection.certificateUntil;
    const own = ok("broker", `${shown} lets the gateway in`);
    return until === null ? own : [own, judgeCertificate({ of: "the broker's", until }, systemClock.now())];
  } finally {
    await connection.close();
  }
}

async function checkStore({ record, dataFolder }: Config, running: boolean): Promise<Finding> {
  if (!record.embedded) return ok("store", "the embedded store is turned off");
  try {
    const { rows } = await queryStore({ dataFolder, sql: "SELECT count(*), max(time) FROM focus" });
    return ok("store", `${rows[0]?.[0]} windows, the last at ${rows[0]?.[1] ?? "–"}`);
  } catch (error) {
    if (!running && error instanceof GatewayError && error.code === "STORE_MISSING")
      return ok("store", "nothing recorded yet");
    throw error;
  }
}

async function checkInflux({ record }: Config): Promise<Finding> {
  await probeInflux(record.influx!);
  return ok("influx", `${record.influx!.url} takes points`);
}

async function fixInflux({ record }: Config): Promise<Finding[]> {
  const done = await manageInflux(record.influx!, record.keep);
  return done.map((says) => ok("roll-ups", says));
}

/** Microphones are the eye's, and tried with the cameras. A running gateway holds serial ports: it is asked below. */
async function checkSensors(config: Config, running: boolean): Promise<Finding[]> {
  if (config.sensors.length === 0) return [ok("sensors", "none configured")];
  if (running) return [];
  const trials = await trySensors(config, ANSWER_SECONDS);
  return trials.map(({ result, says, advice }) => ({
    check: "sensor",
    result,
    says,
    ...(advice ? { advice } : {}),
  }));
}

/** A running gateway holds cameras and sensors; it knows how each of them does. */
async function askGateway({ show }: Config): Promise<Finding[]> {
  if (!show.health.enabled)
    return [
      warning("gateway", "running, but its health server is off", "Stop it to check cameras and sensors."),
    ];
  const answer = await askHealth(show.health, "/readyz");
  const { ready, reasons, cameras, sensors } = READY.parse(JSON.parse(answer.text));
  const itself = ready
    ? ok("gateway", "running and ready")
    : failed("gateway", `running, not ready: ${reasons.join("; ")}`, "Its log says more.");
  return [itself, ...cameraFindings(cameras), ...sensorFindings(sensors)];
}

const READY = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).default([]),
  cameras: camerasSchema,
  sensors: sensorsSchema,
});

const filesOf = async (configFile: string | undefined): Promise<string[]> =>
  configFile === undefined ? [] : (await readLayers(configFile)).map(({ file }) => file);

function answerWithin<T>(
  seconds: number,
  problem: string,
  ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(problem)), seconds * 1000);
    ask(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
