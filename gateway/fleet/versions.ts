import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../paths.ts";
import { version } from "../version.ts";

/** What the gateway is made of and runs on. The machine's own name is left out. */
export async function versions(): Promise<object> {
  return {
    gateway: version,
    node: process.versions,
    system: {
      name: await prettyName(),
      kernel: `${os.type()} ${os.release()}`,
      architecture: os.arch(),
      processors: os.cpus().length,
      processor: os.cpus()[0]?.model ?? null,
      memoryMegabytes: Math.round(os.totalmem() / 1e6),
      uptimeSeconds: Math.round(os.uptime()),
    },
    packages: await packages(),
  };
}

/** Debian GNU/Linux 12 (bookworm), as os-release(5) has it. */
async function prettyName(): Promise<string | null> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? null;
}

/** The versions that are really installed of what the program needs; null for one that is not there. */
async function packages(): Promise<Record<string, string | null>> {
  const read = async (folder: string) =>
    JSON.parse(await readFile(path.join(packageRoot, folder, "package.json"), "utf8"));
  const { dependencies } = await read(".");
  const installed = Object.keys(dependencies).map(async (name) => [
    name,
    await read(`node_modules/${name}`).then(
      (manifest) => manifest.version,
      () => null,
    ),
  ]);
  return Object.fromEntries(await Promise.all(installed));
}
