import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
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

  it("leaves the gateway a config that loads, with every secret in its place but the database's token", async () => {
    const { to } = await handOver("box");
    const file = path.join(to, "gateway/gateway.yaml");
    const text = (await readFile(file, "utf8")).replaceAll("/etc/focus-gateway/", `${to}/gateway/`);
    await chmod(file, 0o600);
    await writeFile(file, text);
    const { mqtt, show, record } = await loadConfig(file);
    expect(revealSecret(mqtt.password!)).toMatch(/^[\w-]{43}$/);
    await stat(mqtt.caFile!);
    await stat(show.live.tls!.key);
    expect(record.influx).toMatchObject({ token: { file: `${to}/gateway/tokens/gateway` } });
    expect((await stat(path.join(to, "gateway/tokens"))).uid).toBe(1000);
  });

  it("brings what has changed when it is run again, and gives a school's server no gateway", async () => {
    const { from, to, again } = await handOver("school");
    await writeFile(path.join(from, "mosquitto/access"), "# changed\n");
    await again();
    expect(await readFile(path.join(to, "mosquitto/config/access"), "utf8")).toBe("# changed\n");
    await expect(stat(path.join(to, "gateway"))).rejects.toThrow();
  });
});

describe("docker/influxdb/10-accounts.sh", () => {
  /** Flags of `influx` 2.7 that take a value, or none (docs.influxdata.com/influxdb/v2/reference/cli/influx). */
  const KNOWN = {
    "v1 dbrp create": ["--db=", "--rp=", "--bucket-id=", "--default"],
    "v1 auth create": ["--username=", "--password=", "--read-bucket=", "--org=", "--description="],
    "auth create": [
      ...["--org=", "--description=", "--json", "--read-orgs"],
      ...["buckets", "tasks", "dbrps"].flatMap((what) => [`--read-${what}`, `--write-${what}`]),
    ],
  };

  it("asks `influx` for what its documentation knows, where the image says, and keeps the token to the gateways", async () => {
    const folder = await temporaryFolder();
    for (const name of ["bin", "secrets", "tokens"]) await mkdir(path.join(folder, name));
    // Stands in for the real program, which is not to be had here: notes what it is asked, and answers as documented.
    const influx = `#!/bin/bash
printf '%s\\t' "$INFLUX_HOST" "$@" >> ${folder}/asked; echo >> ${folder}/asked
[[ "$1 $2" == "auth create" ]] && printf '{\\n\\t"id": "0a",\\n\\t"description": "gateways",\\n\\t"token": "tHe-Token_==",\\n\\t"userName": "admin"\\n}\\n'
exit 0\n`;
    await writeFile(path.join(folder, "bin/influx"), influx, { mode: 0o755 });
    await writeFile(path.join(folder, "secrets/influxdb-grafana"), "word-of-grafana\n");
    const env = {
      PATH: `${folder}/bin:${process.env.PATH}`,
      INFLUX_HOST: "http://localhost:9999",
      DOCKER_INFLUXDB_INIT_BUCKET_ID: "b0cce7",
      DOCKER_INFLUXDB_INIT_ORG: "school",
      FOCUS_TOKENS: `${folder}/tokens`,
      FOCUS_SECRETS: `${folder}/secrets`,
    };
    const { stdout } = await run("bash", [path.join(docker, "influxdb/10-accounts.sh")], { env });
    expect(stdout).not.toMatch(/tHe-Token|word-of-grafana/);

    const asked = (await readFile(path.join(folder, "asked"), "utf8")).trimEnd().split("\n");
    const seen = asked.map((line) => {
      const [host, ...words] = line.replace(/\t$/, "").split("\t");
      expect(host).toBe("http://localhost:9999");
      const first = words.findIndex((word) => word.startsWith("--"));
      const command = words.slice(0, first).join(" ") as keyof typeof KNOWN;
      for (let i = first; i < words.length; i++) {
        if (KNOWN[command].includes(`${words[i]}=`)) i++;
        else expect(KNOWN[command], words[i]).toContain(words[i]);
      }
      return command;
    });
    expect(seen).toEqual(Object.keys(KNOWN));
    expect(asked[0]).toContain("--bucket-id\tb0cce7");
    expect(asked[1]).toContain("--password\tword-of-grafana");
    expect(asked[1]).not.toContain("write");
    expect(await readFile(path.join(folder, "tokens/gateway"), "utf8")).toBe("tHe-Token_==\n");
    expect((await stat(path.join(folder, "tokens/gateway"))).mode & 0o777).toBe(0o600);
  });
});
