import { execFile } from "node:child_process";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../gateway/config.ts";
import { revealSecret } from "../../gateway/options.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { temporaryFolder } from "../support/places.ts";
import { answers } from "./folder.ts";

const run = promisify(execFile);
const docker = path.join(packageRoot, "docker");

/** Every file below a folder, relative to it, with who may read it. */
async function listing(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => {
        const { uid, mode } = await stat(file);
        return [path.relative(folder, file), { uid, mode: mode & 0o777 }] as const;
      }),
    ),
  );
}

async function handOver(layout: "box" | "school") {
  const from = path.join(await temporaryFolder(), "focus");
  const to = await temporaryFolder();
  await setUp(answers(layout), from, Date.now());
  const again = () => run("sh", [path.join(docker, "handover.sh"), from, to]);
  await again();
  return { from, to, again };
}

// Giving files away takes root, as it does in the container.
describe.skipIf(process.getuid?.() !== 0)("docker/handover.sh (skipped unless root)", () => {
  it("gives each service its own files, readable by it alone", async () => {
    const { to } = await handOver("box");
    const owner = { mosquitto: 1883, influxdb: 1000, grafana: 472, gateway: 1000 };
    for (const [service, uid] of Object.entries(owner)) {
      const files = await listing(path.join(to, service));
      expect(files.size).toBeGreaterThan(2);
      for (const [file, found] of files) expect({ file, ...found }).toEqual({ file, uid, mode: 0o400 });
    }
    const all = [...(await listing(to)).keys()];
    expect(all.filter((file) => file.includes("authority-key"))).toEqual([]);
    expect(all.filter((file) => /admin-token/.test(file))).toEqual(["influxdb/influxdb-admin-token"]);
    expect(all.filter((file) => /grafana-admin/.test(file))).toEqual(["grafana/grafana-admin-password"]);
    expect(all.filter((file) => /(mqtt|influxdb)-(gateway|flows)-/.test(file)).sort()).toEqual([
      "gateway/secrets/influxdb-gateway-room-12",
      "gateway/secrets/mqtt-flows-room-12",
      "gateway/secrets/mqtt-gateway-room-12",
      "influxdb/influxdb-gateway-room-12",
    ]);
  });

  it("brings everything that compose.yaml, the broker's config and Grafana's data source name", async () => {
    const { to } = await handOver("box");
    const compose = await readFile(path.join(docker, "compose.yaml"), "utf8");
    const { services } = parse(compose, { merge: true }) as { services: Record<string, object> };
    for (const service of ["influxdb", "grafana"]) {
      const named = JSON.stringify(services[service]).match(/\/run\/focus\/[a-z.-]+/g)!;
      expect(named.length).toBeGreaterThan(3);
      for (const file of named) await stat(path.join(to, service, path.basename(file)));
    }
    const source = await readFile(path.join(to, "grafana/focus.yaml"), "utf8");
    await stat(path.join(to, "grafana", path.basename(/\$__file\{(.*)\}/.exec(source)![1]!)));
    const broker = await readFile(path.join(to, "mosquitto/config/mosquitto.conf"), "utf8");
    for (const [, , file] of broker.matchAll(/^(\w+file|\w+_file) \/mosquitto\/(.*)$/gm))
      await stat(path.join(to, "mosquitto", file!));
  });

  it("leaves the gateway a config that loads, with every secret in its place", async () => {
    const { to } = await handOver("box");
    const file = path.join(to, "gateway/gateway.yaml");
    const text = (await readFile(file, "utf8")).replaceAll("/etc/focus-gateway/", `${to}/gateway/`);
    await chmod(file, 0o600);
    await writeFile(file, text);
    const { mqtt, show, record } = await loadConfig(file);
    expect(revealSecret(mqtt.password!)).toMatch(/^[\w-]{43}$/);
    await stat(mqtt.caFile!);
    await stat(show.live.tls!.key);
    expect(mqtt.flows!.username).toBe("flows-room-12");
    expect(revealSecret(mqtt.flows!.password)).not.toBe(revealSecret(mqtt.password!));
    if (record.influx?.version !== "1") throw new Error("not by an account");
    expect(revealSecret(record.influx.password!)).toMatch(/^[\w-]{43}$/);
    expect(revealSecret(record.influx.password!)).not.toBe(revealSecret(mqtt.password!));
  });

  it("brings what has changed when it is run again, and gives a school's server no gateway", async () => {
    const { from, to, again } = await handOver("school");
    await writeFile(path.join(from, "mosquitto/access"), "# changed\n");
    await setUp({ ...answers("school"), rooms: ["room-11"] }, from, Date.now(), ["room-12"]);
    await again();
    expect(await readFile(path.join(to, "mosquitto/config/access"), "utf8")).not.toContain("room-12");
    expect([...(await listing(path.join(to, "influxdb"))).keys()].join()).not.toContain("room-12");
    await expect(stat(path.join(to, "gateway"))).rejects.toThrow();
  });
});
