import { randomBytes, randomInt } from "node:crypto";
import path from "node:path";
import bcrypt from "bcryptjs";
import { stringify } from "yaml";
import { z } from "zod";
import { packageRoot } from "../paths.ts";
import { accessList, accountsOf, passwordLine } from "./accounts.ts";
import type { Identity } from "./certificates.ts";
import { type Folder, type Outcome, openFolder } from "./files.ts";
import { brokerConfig, dataSource, environment } from "./services.ts";

const place = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "small letters, digits and hyphens only, 63 at most");

/**
 *  - `room`: a gateway by itself, with everything inside it;
 *  - `box`: one machine with gateway, Mosquitto, InfluxDB and Grafana in containers;
 *  - `school`: one machine with Mosquitto, InfluxDB and Grafana, and a gateway in each room.
 */
export const LAYOUTS = ["room", "box", "school"] as const;

export const answersSchema = z.strictObject({
  layout: z.enum(LAYOUTS),
  site: place,
  rooms: z.array(place).min(1),
  /** Host names and addresses by which the machine is reached; the first goes into configs and links. */
  hosts: z.array(z.union([z.hostname(), z.ipv4()])).min(1),
  /** One camera a room, to begin with. */
  camera: z.record(z.string(), z.unknown()),
});
export type Answers = z.output<typeof answersSchema>;

export interface SetUp {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** What to do next, line by line. */
  readonly next: readonly string[];
}

/**
 * Fills a folder with configs, secrets, certificates and access lists. Asked again it makes what is missing, renews what
 * runs out, and leaves alone what is secret or was edited.
 * @param root the folder; made, for its owner only, when it is not there.
 */
export async function setUp(answers: Answers, root: string, now: number): Promise<SetUp> {
  const folder = await openFolder(root, now);
  const authority = await folder.authority(`Focus gateways of ${answers.site}`);
  switch (answers.layout) {
    case "room":
      return { outcomes: folder.outcomes, next: await setUpRoom(answers, folder, authority) };
    case "box":
      return { outcomes: folder.outcomes, next: await setUpBox(answers, folder, authority) };
    case "school":
      return { outcomes: folder.outcomes, next: await setUpSchool(answers, folder, authority) };
  }
}

/** 256 bits, for machines. */
const random = () => randomBytes(32).toString("base64url");

/** 80 bits in groups of four, from letters and digits that nobody mistakes for each other, for people. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const typed = () =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(""),
  ).join("-");

/** The teacher's login and certificate for a live page that others than this machine may open. */
async function livePage(folder: Folder, at: string) {
  const password = await folder.secret(`${at}secrets/live-page-password`, typed);
  return {
    host: "0.0.0.0",
    tls: { certificate: "certificates/gateway.pem", key: "certificates/gateway-key.pem" },
    page: { username: "teacher", passwordHash: await bcrypt.hash(password, 12) },
  };
}

const configText = (config: object) =>
  `# Written once by \`focus-gateway setup\`; it is yours from here on. docs/config.md lists every key.\n${stringify(config)}`;

async function setUpRoom({ site, rooms, hosts, camera }: Answers, folder: Folder, authority: Identity) {
  await folder.identity("gateway", authority, hosts as [string, ...string[]]);
  const [room] = rooms as [string, ...string[]];
  await folder.once(
    "gateway.yaml",
    configText({
      site,
      room,
      dataFolder: "data",
      cameras: [camera],
      show: { live: await livePage(folder, "") },
    }),
  );
  return [
    "focus-gateway doctor --config gateway.yaml",
    "focus-gateway run --config gateway.yaml",
    `Teachers open https://${hosts[0]}:1880/live, user teacher, password in secrets/live-page-password; their devices have to trust certificates/authority.pem.`,
  ];
}

/** Broker, database and Grafana of one machine, as `docker/compose.yaml` mounts them. */
async function setUpServices(
  answers: Answers,
  layout: "box" | "school",
  folder: Folder,
  authority: Identity,
): Promise<Map<string, string>> {
  const { site, rooms, hosts } = answers;
  const accounts = accountsOf(site, rooms);
  const passwords = new Map<string, string>();
  for (const { username } of accounts) {
    passwords.set(username, await folder.secret(`secrets/mqtt-${username}`, random));
  }
  await folder.identity("mosquitto", authority, ["mosquitto", ...hosts]);
  await folder.identity("influxdb", authority, ["influxdb", ...hosts]);
  await folder.identity("grafana", authority, hosts as [string, ...string[]]);
  await folder.ours("mosquitto/mosquitto.conf", brokerConfig());
  await folder.ours("mosquitto/access", accessList(accounts), 0o600);
  await folder.ours(
    "mosquitto/passwords",
    `${accounts.map(({ username }) => passwordLine(username, passwords.get(username)!)).join("\n")}\n`,
    0o600,
  );
  await folder.secret("secrets/influxdb-admin-password", random);
  await folder.secret("secrets/influxdb-admin-token", random);
  await folder.secret("secrets/influxdb-grafana", random);
  await folder.secret("secrets/grafana-admin-password", typed);
  await folder.secret("secrets/grafana-secret-key", random);
  await folder.ours("grafana/datasources/focus.yaml", dataSource(authority.certificate), 0o644);
  const compose = path.join(packageRoot, "docker");
  const camera = layout === "box" ? usbCamera(answers) : undefined;
  await folder.ours(".env", environment({ folder: folder.root, host: hosts[0]!, compose, camera, layout }));
  return passwords;
}

/** Where a gateway finds the school's broker and database. */
const upstream = (room: string, broker: string, database: string, at: string) => ({
  mqtt: {
    url: `mqtts://${broker}:8883`,
    username: `gateway-${room}`,
    password: { file: `${at}secrets/mqtt-gateway-${room}` },
    caFile: `${at}certificates/authority.pem`,
  },
  record: {
    influx: {
      version: "2",
      url: `https://${database}:8086`,
      caFile: `${at}certificates/authority.pem`,
      org: "school",
      bucket: "focus",
      token: { file: `${at}tokens/gateway` },
    },
  },
});

/** A USB camera as the machine knows it; the container has it as /dev/video0 (docker/camera.yaml). */
const usbCamera = ({ camera }: Answers): string | undefined =>
  camera.driver === "v4l2" && typeof camera.device === "string" ? camera.device : undefined;

/** Where the containers find what was set up; see docker/compose.yaml. */
const MOUNTED = "/etc/focus-gateway/";

async function setUpBox(answers: Answers, folder: Folder, authority: Identity) {
  const { site, rooms, hosts, camera } = answers;
  const [room] = rooms as [string, ...string[]];
  await setUpServices(answers, "box", folder, authority);
  await folder.identity("gateway", authority, hosts as [string, ...string[]]);
  await folder.once(
    "gateway.yaml",
    configText({
      site,
      room,
      dataFolder: "/var/lib/focus-gateway",
      cameras: [usbCamera(answers) ? { ...camera, device: "/dev/video0" } : camera],
      ...upstream(room, "mosquitto", "influxdb", MOUNTED),
      show: {
        live: {
          ...(await livePage(folder, "")),
          tls: {
            certificate: `${MOUNTED}certificates/gateway.pem`,
            key: `${MOUNTED}certificates/gateway-key.pem`,
          },
        },
      },
    }),
  );
  return [
    "docker compose up -d --build",
    `Live page: https://${hosts[0]}:1880/live, user teacher, password in secrets/live-page-password`,
    `Grafana:   https://${hosts[0]}:3000, user admin, password in secrets/grafana-admin-password`,
    "Devices that open them have to trust certificates/authority.pem. Keep certificates/authority-key.pem somewhere safe.",
  ];
}

async function setUpSchool(answers: Answers, folder: Folder, authority: Identity) {
  const { site, rooms, hosts, camera } = answers;
  const passwords = await setUpServices(answers, "school", folder, authority);
  for (const room of rooms) {
    const at = `rooms/${room}/`;
    await folder.secret(`${at}secrets/mqtt-gateway-${room}`, () => passwords.get(`gateway-${room}`)!);
    await folder.ours(`${at}certificates/authority.pem`, authority.certificate);
    await folder.once(
      `${at}gateway.yaml`,
      configText({
        site,
        room,
        dataFolder: "data",
        cameras: [camera],
        ...upstream(room, hosts[0]!, hosts[0]!, ""),
      }),
    );
  }
  return [
    "docker compose up -d",
    "Then, for each folder ROOM under rooms/: mkdir -p rooms/ROOM/tokens && docker compose cp influxdb:/tokens/gateway rooms/ROOM/tokens/gateway",
    "and copy that folder to its gateway: `focus-gateway doctor --config gateway.yaml` there says what is missing.",
    `Grafana: https://${hosts[0]}:3000, user admin, password in secrets/grafana-admin-password`,
    "Keep certificates/authority-key.pem somewhere safe, and off the gateways.",
  ];
}
