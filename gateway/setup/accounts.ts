import { createHmac, pbkdf2Sync } from "node:crypto";

/** Somebody who logs in to the broker, and what they may do there, in Mosquitto's words. */
export interface Account {
  readonly username: string;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Names of a room's accounts: at the broker, and the gateway's at the database too. */
export const gatewayAccount = (room: string) => `gateway-${room}`;
export const flowsAccount = (room: string) => `flows-${room}`;

/**
 * The broker's accounts of a school: each does one thing. A gateway writes its own room and hears what it is told there; a
 * room's flows (a Node-RED of the school's own, a tutor) read the room and tell the gateway; a recorder reads every room,
 * and IT reads how the gateways are.
 */
export function accountsOf(site: string, rooms: readonly string[]): Account[] {
  const root = `classroom/v1/${site}`;
  return [
    ...rooms.flatMap((room): Account[] => [
      { username: gatewayAccount(room), read: [`${root}/${room}/#`], write: [`${root}/${room}/#`] },
      { username: flowsAccount(room), read: [`${root}/${room}/#`], write: [`${root}/${room}/set/+`] },
    ]),
    { username: "recorder", read: [`${root}/#`], write: [] },
    { username: "it", read: [`${root}/+/gateway/#`], write: [] },
  ];
}

/** Mosquitto's `acl_file` (mosquitto.conf(5)): what is not granted is refused. */
export function accessList(accounts: readonly Account[]): string {
  const blocks = accounts.map(({ username, read, write }) =>
    [
      `user ${username}`,
      ...read.map((topic) => `topic read ${topic}`),
      ...write.map((topic) => `topic write ${topic}`),
    ].join("\n"),
  );
  return `# Written by \`focus-gateway setup\`.\n${blocks.join("\n\n")}\n`;
}

/** Mosquitto 2's own: PBKDF2-HMAC-SHA512 (lib/password_mosq.c). Slow on purpose would not help: the passwords are random. */
const ITERATIONS = 101;

/**
 * A line of Mosquitto's `password_file`. The salt follows from name and password, so that the same ones give the same line
 * and a second setup changes nothing.
 */
export function passwordLine(username: string, password: string): string {
  const salt = createHmac("sha256", password).update(username).digest().subarray(0, 12);
  const hash = pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512");
  return `${username}:$7$${ITERATIONS}$${salt.toString("base64")}$${hash.toString("base64")}`;
}
