import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../gateway/paths.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { version } from "../../gateway/version.ts";
import { temporaryFolder } from "../support/places.ts";
import { findProgram } from "../support/programs.ts";
import { answers } from "./folder.ts";

const run = promisify(execFile);

/** The parts of a service that are looked at here. */
interface Service {
  readonly image: string;
  readonly user: string;
  readonly restart: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly security_opt: readonly string[];
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly logging: { readonly options: Readonly<Record<string, string>> };
  readonly pids_limit: number;
  readonly cpus?: number;
  readonly mem_limit: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const docker = path.join(packageRoot, "docker");
const compose = parse(readFileSync(path.join(docker, "compose.yaml"), "utf8"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
/** Those that do their work and are gone. */
const PASSING = ["handover", "accounts"];
const lasting = services.filter(([name]) => !PASSING.includes(name));

describe("docker/compose.yaml", () => {
  it("has gateway, broker, database and Grafana, and who hands them their files and accounts", () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      "accounts",
      "gateway",
      "grafana",
      "handover",
      "influxdb",
      "mosquitto",
    ]);
  });

  it.each(services)("gives %s no more than it needs", (name, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toContain("no-new-privileges:true");
    expect(service.privileged).toBeUndefined();
    // Docker starts nothing that may have more processors than there are: two are enough for all of it.
    if (name === "gateway") expect(service.cpus).toBeUndefined();
    else expect(service.cpus).toSatisfy((cpus: number) => cpus > 0 && cpus <= 2);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging.options).toMatchObject({ "max-size": expect.any(String), "max-file": "5" });
    expect(service.volumes.join()).not.toMatch(/docker\.sock|:\/host/);
  });

  it.each(lasting)("runs %s as nobody's root, and waits for its files", (_name, service) => {
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service.cap_add).toBeUndefined();
    expect(service.depends_on?.handover?.condition).toBe("service_completed_successfully");
  });

  it("gives the database its accounts before anybody logs in to it, and starts that work once each time", () => {
    const { accounts, grafana, gateway } = compose.services;
    for (const { depends_on } of [grafana!, gateway!])
      expect(depends_on?.accounts?.condition).toBe("service_completed_successfully");
    expect(accounts!.depends_on?.influxdb?.condition).toBe("service_healthy");
    expect(accounts!.user).toBe(compose.services.influxdb!.user);
    for (const name of PASSING) expect(compose.services[name]!.restart).toBe("no");
  });

  it("lets the one that runs as root reach no network and stay no longer than it works", () => {
    const { user, network_mode, cap_add } = compose.services.handover!;
    expect(user).toBe("0:0");
    expect(network_mode).toBe("none");
    expect(cap_add).toEqual(["CHOWN", "DAC_OVERRIDE", "FOWNER"]);
  });

  it.each(services)("pins the image of %s exactly", (name, { image }) => {
    expect(image).toMatch(/:\d+\.\d+\.\d+$/);
    if (name === "gateway") expect(image).toBe(`focus-gateway:${version}`);
  });

  it.each(lasting)("knows whether %s is well", async (name, { healthcheck }) => {
    if (name === "gateway")
      expect(await readFile(path.join(docker, "Dockerfile"), "utf8")).toContain("HEALTHCHECK");
    else expect(healthcheck!.test[0]).toBe("CMD");
  });

  it.each(services)("puts no secret of %s into its environment", (_name, { environment = {} }) => {
    for (const [key, value] of Object.entries(environment)) {
      if (/PASSWORD|TOKEN|SECRET/.test(key)) expect(`${key}=${value}`).toMatch(/_FILE=\/run\/focus\//);
    }
  });

  it("publishes broker and database on loopback unless told otherwise, and four ports in all", () => {
    const ports = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`)).sort();
    expect(ports).toEqual([
      `gateway \${FOCUS_PUBLIC:-0.0.0.0}:1880:1880`,
      `grafana \${FOCUS_PUBLIC:-0.0.0.0}:3000:3000`,
      `influxdb \${FOCUS_BIND:-127.0.0.1}:8086:8086`,
      `mosquitto \${FOCUS_BIND:-127.0.0.1}:8883:8883`,
    ]);
  });

  it("has the gateway go by the clock at the school, where the timetable's hours are", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("box"), folder, Date.now());
    const env = await readFile(path.join(folder, ".env"), "utf8");
    expect(env).toContain(`\nTZ=${Intl.DateTimeFormat().resolvedOptions().timeZone}\n`);
    expect(compose.services.gateway!.environment).toMatchObject({ TZ: `\${TZ:-UTC}` });
  });

  it("mounts only what is in this package, the folder of setup, and volumes it declares", async () => {
    const sources = services.flatMap(([, { volumes }]) =>
      volumes.map((volume) => volume.split(/:(?=\/)/)[0]!),
    );
    for (const source of new Set(sources)) {
      if (source.startsWith(".")) await access(path.join(docker, source));
      else if (!source.includes("FOCUS_FOLDER")) expect(compose.volumes).toHaveProperty(source);
    }
  });

  it.skipIf(!findProgram("docker-compose"))(
    "is understood by Compose, with the .env that setup writes (skipped without docker-compose)",
    async () => {
      const folder = path.join(await temporaryFolder(), "focus");
      const camera = { name: "front", driver: "v4l2", device: "/dev/v4l/by-id/usb-Cam-video-index0" };
      await setUp({ ...answers("box"), camera }, folder, Date.now());
      const { COMPOSE_FILE: _, ...env } = process.env;
      const { stdout } = await run(findProgram("docker-compose")!, ["config"], { cwd: folder, env });
      const whole = parse(stdout) as { services: Record<string, { devices?: string[]; build?: unknown }> };
      expect(Object.keys(whole.services)).toContain("gateway");
      expect(whole.services.gateway!.devices![0]).toContain(`${camera.device}:/dev/video0`);
      expect(stdout).toContain(`${folder}:/from:ro`);
    },
    60_000,
  );
});

describe.each(["Dockerfile", "Dockerfile.jetson"])("docker/%s", (file) => {
  const text = readFileSync(path.join(docker, file), "utf8");

  it("pins its images, and ends as somebody who is not root", () => {
    const images = [...text.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map((match) => match[1]);
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(/:(r?\d+\.\d+\.\d+)/);
    for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/^\$\{\w+_IMAGE\}$/);
    expect([...text.matchAll(/^USER (.+)$/gm)].at(-1)![1]).toBe("1000:1000");
  });

  it("copies everything that the package ships, and what is copied is sent to the builder", async () => {
    const { files } = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8")) as {
      files: string[];
    };
    const sent = await readFile(path.join(packageRoot, ".dockerignore"), "utf8");
    for (const shipped of files.filter((name) => !/^(docker|docs|packaging)/.test(name))) {
      expect(text).toContain(`COPY --from=build /build/${shipped} ${shipped}`);
      if (shipped !== "dist") expect(sent).toContain(`!${shipped.split("/")[0]}\n`);
    }
    for (const [, source] of text.matchAll(/^COPY (package\.json .*) \.\/$/gm))
      for (const name of source!.split(" ")) await access(path.join(packageRoot, name));
  });

  it("installs nothing that runs by itself, and only from the lock", () => {
    for (const [line] of text.matchAll(/npm (ci|install|prune)[^\n&]*/g))
      expect(line).toContain("--ignore-scripts");
    expect(text).not.toMatch(/npm install|curl [^\n]*\| *(ba)?sh/);
  });
});

it("every file that is compiled is sent to the builder", async () => {
  const { stdout } = await run(process.execPath, [
    path.join(packageRoot, "node_modules/typescript/bin/tsc"),
    ...["--project", path.join(packageRoot, "tsconfig.json"), "--listFilesOnly"],
  ]);
  const compiled = stdout
    .trim()
    .split("\n")
    .map((file) => path.relative(packageRoot, file))
    .filter((file) => !file.startsWith("node_modules"));
  expect(compiled).toContain("gateway/main.ts");
  const sent = (await readFile(path.join(packageRoot, ".dockerignore"), "utf8"))
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  const isSent = (file: string) => sent.some((name) => file === name || file.startsWith(`${name}/`));
  expect(compiled.filter((file) => !isSent(file))).toEqual([]);
});

it("builds for the Jetson the ONNX Runtime that the lock names", async () => {
  const text = await readFile(path.join(docker, "Dockerfile.jetson"), "utf8");
  const { dependencies } = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(text).toContain(`ARG ONNXRUNTIME=${dependencies["onnxruntime-node"]}\n`);
});
