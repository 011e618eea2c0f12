import { execFileSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { freePort, temporaryFolder } from "./places.ts";
import { findProgram, isListening, start, stop, until } from "./programs.ts";

export const hasMosquitto = findProgram("mosquitto") !== null;

export interface Mosquitto {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A real Mosquitto on loopback. With `users` it refuses everybody else. Sessions survive a restart on the same `folder`. */
export async function startMosquitto(
  options: { users?: Record<string, string>; extra?: readonly string[]; port?: number; folder?: string } = {},
): Promise<Mosquitto> {
  const program = findProgram("mosquitto");
  if (!program) throw new Error("mosquitto is not installed");
  const folder = options.folder ?? (await temporaryFolder());
  await chmod(folder, 0o777);
  const port = options.port ?? (await freePort());
  const passwords = path.join(folder, "passwords");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "persistence true",
    `persistence_location ${folder}/`,
    "log_dest stderr",
    ...(options.extra ?? []),
  ];
  if (process.getuid?.() === 0) lines.push("user root");
  if (options.users) {
    await writeFile(passwords, "");
    for (const [name, password] of Object.entries(options.users)) {
      execFileSync("mosquitto_passwd", ["-b", passwords, name, password]);
    }
    lines.push("allow_anonymous false", `password_file ${passwords}`);
  } else {
    lines.push("allow_anonymous true");
  }
  const config = path.join(folder, "mosquitto.conf");
  await writeFile(config, `${lines.join("\n")}\n`);
  const { child, said } = start(program, ["-c", config]);
  await until(() => isListening(port), 20, "mosquitto to listen").catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  return { url: `mqtt://127.0.0.1:${port}`, port, pid: child.pid!, stop: (signal) => stop(child, signal) };
}
