import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type Account, accessList, passwordLine } from "../../gateway/setup/accounts.ts";
import { freePort, temporaryFolder } from "./places.ts";
import { findProgram, isListening, start, stop, until } from "./programs.ts";

/** Where somebody may log in, and what they need for it. */
export interface Entrance {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority, where it speaks TLS. */
  readonly ca?: Buffer;
  password(username: string): Promise<string>;
}

export interface SchoolBroker extends Entrance {
  /** The end of its log. */
  said(): string;
}

/**
 * A real Mosquitto with what `setup` has written into the folder; only paths and port are this machine's. `overseers` are
 * accounts of the test's own beside those, with their name as password. Ends with the test.
 */
export async function startSchoolBroker(
  folder: string,
  overseers: readonly Account[] = [],
): Promise<SchoolBroker> {
  const port = await freePort();
  const place = await temporaryFolder();
  const read = (file: string) => readFile(path.join(folder, file), "utf8");
  const passwords = overseers.map(({ username }) => `${passwordLine(username, username)}\n`);
  await writeFile(path.join(place, "passwords"), (await read("mosquitto/passwords")) + passwords.join(""));
  await writeFile(
    path.join(place, "access"),
    `${await read("mosquitto/access")}\n${overseers.length > 0 ? accessList(overseers) : ""}`,
  );
  const conf = (await read("mosquitto/mosquitto.conf"))
    .replaceAll("/mosquitto/config/", `${place}/`)
    .replaceAll("/mosquitto/certificates/", `${folder}/certificates/`)
    .replaceAll("/mosquitto/data/", `${await temporaryFolder()}/`)
    .replace("listener 8883", `listener ${port} 127.0.0.1`);
  // Started by root, Mosquitto would become somebody who cannot read the folder.
  await writeFile(path.join(place, "mosquitto.conf"), `user root\n${conf}`);
  const { child, said } = start(findProgram("mosquitto")!, ["-c", path.join(place, "mosquitto.conf")]);
  onTestFinished(() => stop(child));
  await until(() => isListening(port), 10, "Mosquitto").catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  return {
    url: `mqtts://127.0.0.1:${port}`,
    port,
    said,
    ca: await readFile(path.join(folder, "certificates/authority.pem")),
    password: async (username) =>
      overseers.some((one) => one.username === username)
        ? username
        : (await read(`secrets/mqtt-${username}`)).trim(),
  };
}
