import path from "node:path";
import { packageRoot } from "../paths.ts";
import { task } from "../record/sinks/manage.ts";
import { accessList, accountsOf, flowsAccount, gatewayAccount, passwordLine } from "./accounts.ts";
import type { Answers } from "./answers.ts";
import type { Authority } from "./certificates.ts";
import { type Folder, PRIVATE } from "./files.ts";
import { random, typed } from "./secrets.ts";
import { brokerConfig, dataSource, environment } from "./services.ts";

/**
 * Broker, database and Grafana of one machine, as `docker/compose.yaml` runs them: each with its certificate and its
 * accounts. Returns passwords by the files they are in. Those of rooms that are gone are removed, and with them what they may do.
 */
export async function setUpServer(
  answers: Answers,
  folder: Folder,
  authority: Authority,
  gone: readonly string[] = [],
): Promise<ReadonlyMap<string, string>> {
  const { rooms, hosts, layout } = answers;
  for (const file of gone.flatMap(secretsOf)) await folder.remove(file);
  await folder.identity("mosquitto", authority, ["mosquitto", ...hosts]);
  await folder.identity("influxdb", authority, ["influxdb", ...hosts]);
  await folder.identity("grafana", authority, hosts as [string, ...string[]]);
  const mqtt = await setUpBroker(answers, folder);
  const influxdb = await setUpDatabase(rooms, folder);
  await folder.secret("secrets/grafana-admin-password", typed);
  await folder.secret("secrets/grafana-secret-key", random);
  await folder.ours("grafana/datasources/focus.yaml", dataSource(authority.certificate));
  await folder.ours(
    ".env",
    environment({
      folder: folder.root,
      host: hosts[0]!,
      compose: path.join(packageRoot, "docker"),
      camera: layout === "box" ? usbCamera(answers) : undefined,
      layout,
    }),
  );
  return new Map([...mqtt, ...influxdb]);
}

/** The files with the passwords of a room's accounts at broker and database. */
export const secretsOf = (room: string): string[] => [
  `secrets/mqtt-${gatewayAccount(room)}`,
  `secrets/mqtt-${flowsAccount(room)}`,
  `secrets/influxdb-${gatewayAccount(room)}`,
];

async function setUpBroker({ site, rooms }: Answers, folder: Folder): Promise<Map<string, string>> {
  const accounts = accountsOf(site, rooms);
  const lines: string[] = [];
  const passwords = new Map<string, string>();
  for (const { username } of accounts) {
    const file = `secrets/mqtt-${username}`;
    const password = await folder.secret(file, random);
    passwords.set(file, password);
    lines.push(`${passwordLine(username, password)}\n`);
  }
  await folder.ours("mosquitto/mosquitto.conf", brokerConfig());
  await folder.ours("mosquitto/access", accessList(accounts), PRIVATE);
  await folder.ours("mosquitto/passwords", lines.join(""), PRIVATE);
  return passwords;
}

/** What docker/influxdb/accounts.sh makes the database of: an account for each gateway, which writes, and the roll-ups. */
async function setUpDatabase(rooms: readonly string[], folder: Folder): Promise<Map<string, string>> {
  const writers = rooms.map(gatewayAccount);
  const passwords = new Map<string, string>();
  for (const file of writers.map((writer) => `secrets/influxdb-${writer}`))
    passwords.set(file, await folder.secret(file, random));
  await folder.secret("secrets/influxdb-admin-password", random);
  await folder.secret("secrets/influxdb-admin-token", random);
  await folder.secret("secrets/influxdb-grafana", random);
  await folder.ours("influxdb/writers", `${writers.join("\n")}\n`);
  await folder.ours("influxdb/minutes.flux", `${task("focus", { name: "minutes", every: "1m" })}\n`);
  await folder.ours("influxdb/days.flux", `${task("focus", { name: "days", every: "1d" })}\n`);
  return passwords;
}

/** A USB camera as the machine knows it; the container has it as /dev/video0 (docker/camera.yaml). */
export const usbCamera = ({ camera }: Answers): string | undefined =>
  camera.driver === "v4l2" && typeof camera.device === "string" ? camera.device : undefined;
