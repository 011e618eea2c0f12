import { readFile } from "node:fs/promises";
import { systemClock } from "../clock.ts";
import { loadConfig } from "../config.ts";
import { failure, type GatewayError, reason } from "../errors.ts";
import { type Inventory, openInventory } from "../fleet/inventory.ts";
import { csvOf, tableOf } from "../fleet/sheet.ts";
import { createLogger, withoutCredentials } from "../log.ts";
import { connectMqtt, type MqttConnection, type MqttOptions } from "../mqtt.ts";
import { revealSecret } from "../options.ts";
import type { Terminal } from "./terminal.ts";

export interface InventoryOptions {
  readonly mqtt?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly site?: string;
  readonly seconds: number;
  readonly csv?: boolean;
  readonly config?: string;
}

/**
 * Lists every room whose gateway has left word of itself on a broker. Reads only what is retained, and nothing about
 * people. Throws USAGE, BROKER_UNREACHABLE, BROKER_REFUSED.
 */
export async function inventory(terminal: Terminal, options: InventoryOptions): Promise<void> {
  const login = await loginOf(options);
  const clientId = `focus-inventory:${process.pid}:${systemClock.now()}`;
  const connection = connectMqtt({ ...login, clientId, cleanSession: true }, createLogger("error"));
  const found = openInventory();
  try {
    connection.onMessage(async (topic, payload) => found.hear(topic, payload.toString()));
    await connected(connection, login.url, options.seconds);
    const site = options.site ?? "+";
    for (const kind of ["state", "health"])
      await connection.subscribe(`classroom/v1/${site}/+/gateway/${kind}`);
    await quiet(found, options.seconds);
  } finally {
    await connection.close();
  }
  const rooms = found.rooms();
  if (options.csv) return terminal.write(csvOf(rooms));
  for (const room of rooms) terminal.emit(room);
  if (rooms.length === 0) terminal.note("No gateway has left word of itself there.");
  else for (const line of tableOf(rooms, systemClock.now())) terminal.say(line);
}

/** The broker of the flags, else the config's: its own, or the embedded one with the first user that may read all. */
async function loginOf(options: InventoryOptions): Promise<Omit<MqttOptions, "clientId" | "cleanSession">> {
  const { mqtt: url, username, passwordFile, ca: caFile } = options;
  if (url !== undefined) {
    const password = passwordFile === undefined ? undefined : await firstLine(passwordFile);
    return { url, username, password, caFile };
  }
  if (options.config === undefined)
    throw failure("USAGE", { problem: "say which broker to listen to: --mqtt URL, or --config FILE" });
  const { mqtt, broker } = await loadConfig(options.config);
  const reveal = (secret: Parameters<typeof revealSecret>[0] | undefined) =>
    secret === undefined ? undefined : revealSecret(secret);
  if (mqtt.url !== undefined)
    return { url: mqtt.url, username: mqtt.username, password: reveal(mqtt.password), caFile: mqtt.caFile };
  const [user] = broker.users;
  return {
    url: `${broker.tls ? "mqtts" : "mqtt"}://${broker.host}:${broker.port}`,
    username: user?.username,
    password: reveal(user?.password),
    caFile: broker.tls?.certificate,
  };
}

const firstLine = async (file: string) =>
  (
    await readFile(file, "utf8").catch((error) => {
      throw failure("USAGE", { problem: `cannot read ${file}: ${reason(error)}` }, error);
    })
  )
    .split("\n", 1)[0]!
    .trim();

/** Somebody waits at a terminal: one refusal is enough. */
function connected(connection: MqttConnection, url: string, seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(failure("BROKER_UNREACHABLE", { url: withoutCredentials(url) })),
      seconds * 1000,
    );
    connection.onState((state, problem?: GatewayError) => {
      clearTimeout(late);
      if (state === "connected") resolve();
      else reject(problem);
    });
  });
}

/** Retained messages come at once [MQTT-3.3.1-6]; a broker far away, or one with many rooms, takes a moment. */
async function quiet(found: Inventory, seconds: number): Promise<void> {
  const until = systemClock.elapsed() + seconds * 1000;
  let before = "";
  for (let calm = 0; calm < CALM_ROUNDS && systemClock.elapsed() < until; ) {
    await systemClock.sleep(ROUND_MS);
    const now = JSON.stringify(found.rooms());
    calm = now === before ? calm + 1 : 0;
    before = now;
  }
}

const ROUND_MS = 250;
const CALM_ROUNDS = 4;
