import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { findProgram } from "../support/programs.ts";

const run = promisify(execFile);
const packaging = path.join(packageRoot, "packaging");
const install = path.join(packaging, "install.sh");

/** Whether this machine lets us have mounts of our own. */
const mayMount = () =>
  process.getuid?.() === 0 &&
  findProgram("npm") !== null &&
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

/**
 * A release without dependencies: the real installer, unit and commands, and, for `run`, a stand-in that answers /readyz as
 * it is told, so that a release that fails can be had.
 */
async function makeRelease(folder: string, version: string, run: string, key?: Parameters<typeof sign>[2]) {
  const source = path.join(folder, `source-${version}`, "package");
  await mkdir(path.join(source, "bin"), { recursive: true });
  await mkdir(path.join(source, "node_modules"), { recursive: true });
  await cp(packaging, path.join(source, "packaging"), { recursive: true });
  await mkdir(path.join(source, "docker"));
  await cp(path.join(packageRoot, "docker/slim.sh"), path.join(source, "docker/slim.sh"));
  const manifest = { name: "focus-gateway", version, type: "module" };
  await writeFile(path.join(source, "package.json"), JSON.stringify(manifest));
  const lock = {
    ...manifest,
    lockfileVersion: 3,
    requires: true,
    packages: { "": { name: "focus-gateway", version } },
  };
  await writeFile(path.join(source, "package-lock.json"), JSON.stringify(lock));
  const program = `if (process.argv[2] === "run") { ${run} } else await import(${JSON.stringify(`${packageRoot}/bin/focus-gateway.js`)});\n`;
  await writeFile(path.join(source, "bin/focus-gateway.js"), program);
  const tarball = path.join(folder, `focus-gateway-${version}.tgz`);
  await promisify(execFile)("tar", ["-czf", tarball, "-C", path.dirname(source), "package"]);
  const bytes = await readFile(tarball);
  await writeFile(`${tarball}.sha256`, `${createHash("sha256").update(bytes).digest("hex")}  x\n`);
  if (key) await writeFile(`${tarball}.sig`, sign(null, bytes, key).toString("base64"));
  return tarball;
}

describe.skipIf(!mayMount())(
  "packaging/install.sh, on a machine of its own (skipped unless root, with unshare and overlays)",
  () => {
    /** What each step said, and how it ended. */
    const steps = new Map<string, { readonly code: number; readonly text: string }>();
    const step = (name: string) => steps.get(name)!;

    beforeAll(async () => {
      const folder = await temporaryFolder();
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      const stranger = generateKeyPairSync("ed25519").privateKey;
      await writeFile(path.join(folder, "key.pem"), publicKey.export({ type: "spki", format: "pem" }));
      const port = await freePort();
      const config = path.join(folder, "config");
      const answers = {
        layout: "room",
        site: "riverside",
        rooms: ["room-12"],
        hosts: ["127.0.0.1"],
        camera: { name: "front", driver: "simulated" },
      } as const;
      await setUp({ ...answers, rooms: ["room-12"], hosts: ["127.0.0.1"] }, config, Date.now());
      const yaml = path.join(config, "gateway.yaml");
      await writeFile(
        yaml,
        (await readFile(yaml, "utf8")).replace("show:\n", `show:\n  health:\n    port: ${port}\n`),
      );

      const works = `const { createServer } = await import("node:http"); const { existsSync } = await import("node:fs");
      createServer((_, response) => response.end(JSON.stringify({ ready: true, reasons: [], lesson: existsSync("/run/lesson") }))).listen(${port}, "127.0.0.1");`;
      const one = await makeRelease(folder, "1.0.0", works, privateKey);
      const two = await makeRelease(folder, "1.1.0", works, privateKey);
      const strange = await makeRelease(folder, "1.2.0", works, stranger);
      const broken = await makeRelease(
        folder,
        "2.0.0",
        `console.error("broken on purpose"); process.exit(1);`,
        privateKey,
      );

      // shellcheck would have nothing to say: each line is a step with a name.
      const script = `
step() { name=$1; shift; printf '\\n#step %s\\n' "$name"; code=0; "$@" 2>&1 || code=$?; printf '\\n#code %s\\n' "$code"; }
install() { bash ${install} "$@"; }
cp ${one} /run/damaged.tgz; cp ${one}.sha256 /run/damaged.tgz.sha256; echo more >>/run/damaged.tgz
step damaged install --from /run/damaged.tgz
step bare install --from ${one}
step first install --from ${one} --config ${config} --wait 60
step rights bash -c 'stat -c "%n %U %G %a" /etc/focus-gateway /etc/focus-gateway/gateway.yaml /var/lib/focus-gateway; id -Gn focus-gateway; find /etc/focus-gateway -type f; cat /etc/systemd/system/focus-gateway.service'
step unit bash -c '! command -v systemd-analyze >/dev/null || systemd-analyze verify --man=no /etc/systemd/system/focus-gateway.service'
step command focus-gateway config check /etc/focus-gateway/gateway.yaml
step keyed install --from ${two} --key ${folder}/key.pem --wait 60
step stranger install --from ${strange}
step downgrade install --from ${one}
touch /run/lesson
step lesson install --from ${two}
rm /run/lesson
echo "# changed after it worked" >>/etc/focus-gateway/gateway.yaml
step broken install --from ${broken} --wait 4
step after bash -c 'readlink /opt/focus-gateway/current; focus-gateway health --config /etc/focus-gateway/gateway.yaml'
sed -i 's/^site:.*/site: NOT VALID/' /etc/focus-gateway/gateway.yaml
step invalid install --from ${two} --allow-downgrade
step rollback install --rollback
mkdir /run/bad; cp -R ${config}/. /run/bad/; sed -i 's/^site:.*/site: NOT VALID/' /run/bad/gateway.yaml
step unusable install --from ${two} --config /run/bad
step back bash -c 'sed -n "s/^site: //p" /etc/focus-gateway/gateway.yaml; readlink /opt/focus-gateway/current'
step uninstall install --uninstall
step left bash -c 'ls -d /opt/focus-gateway /usr/local/bin/focus-gateway /etc/systemd/system/focus-gateway.service /etc/focus-gateway /var/lib/focus-gateway 2>/dev/null'
step purge install --uninstall --purge
step gone bash -c 'find /etc /opt /usr/local /var/lib -xdev -name "*focus-gateway*" 2>/dev/null; getent passwd focus-gateway'
`;
      await writeFile(path.join(folder, "script.sh"), script);
      const work = path.join(folder, "work");
      await mkdir(work);
      const { stdout } = await run(
        "unshare",
        ["--mount", path.join(packageRoot, "test/install/machine.sh"), work, path.join(folder, "script.sh")],
        {
          env: { ...process.env, FOCUS_GATEWAY_DATA: "" },
          timeout: 280_000,
          maxBuffer: 10_000_000,
        },
      );
      for (const [, name, text, code] of stdout.matchAll(/#step (\w+)\n([\s\S]*?)\n#code (\d+)/g))
        steps.set(name!, { code: Number(code), text: text!.trim() });
    }, 300_000);

    it("takes nothing that is damaged", () => {
      expect(step("damaged")).toMatchObject({
        code: 1,
        text: expect.stringContaining("the hash is another one"),
      });
    });

    it("installs without a config, and says what comes next", () => {
      expect(step("bare")).toMatchObject({
        code: 0,
        text: expect.stringContaining("Next: focus-gateway setup"),
      });
    });

    it("starts it with one, which the service may read and nobody else, and keeps the authority's key and the teacher's password away", () => {
      expect(step("first")).toMatchObject({ code: 0, text: expect.stringContaining("1.0.0 runs") });
      const { text } = step("rights");
      expect(text).toContain("/etc/focus-gateway root focus-gateway 750");
      expect(text).toContain("/etc/focus-gateway/gateway.yaml root focus-gateway 640");
      expect(text).toContain("/var/lib/focus-gateway focus-gateway focus-gateway 700");
      expect(text).toMatch(/focus-gateway.*video/);
      expect(text).toContain("certificates/gateway-key.pem");
      expect(text).not.toMatch(/authority-key\.pem|live-page-password|answers\.yaml/);
      expect(text).toMatch(/^ExecStart=\/\S*node --max-semi-space-size=2 \/opt\/focus-gateway\/current\//m);
      expect(step("unit")).toEqual({ code: 0, text: "" });
      expect(step("command")).toMatchObject({ code: 0, text: expect.stringContaining("is a valid config") });
    });

    it("goes to a release that is signed with the key it was given, and to no other", () => {
      expect(step("keyed")).toMatchObject({ code: 0, text: expect.stringContaining("1.1.0 runs") });
      expect(step("stranger")).toMatchObject({
        code: 1,
        text: expect.stringContaining("the signature is not"),
      });
    });

    it("refuses a downgrade, and a lesson's interruption", () => {
      expect(step("downgrade")).toMatchObject({ code: 1, text: expect.stringContaining("older than 1.1.0") });
      expect(step("lesson")).toMatchObject({ code: 1, text: expect.stringContaining("a lesson is on") });
    });

    it("takes a release back that does not come up, says what it said, and the one before runs again", () => {
      const { code, text } = step("broken");
      expect(code).toBe(1);
      expect(text).toContain("2.0.0 did not come up");
      expect(text).toContain("broken on purpose");
      expect(text).toContain("back to 1.1.0");
      expect(step("after").text).toContain("releases/1.1.0");
    });

    it("does not switch to a release that cannot use the config, and brings back the one that worked", () => {
      expect(step("invalid").code).toBe(1);
      expect(step("invalid").text).toContain("releases/1.1.0 stays in use");
      expect(step("rollback").code).toBe(0);
      // One that is handed over is looked at before it is laid down.
      expect(step("unusable")).toMatchObject({
        code: 1,
        text: expect.stringContaining("cannot use /run/bad/gateway.yaml; releases/1.1.0 stays in use"),
      });
      expect(step("back").text).toBe("riverside\nreleases/1.1.0");
    });

    it("goes without a trace, but for config and data unless those are to go too", () => {
      expect(step("uninstall").code).toBe(0);
      expect(step("left").text.split("\n").sort()).toEqual(["/etc/focus-gateway", "/var/lib/focus-gateway"]);
      expect(step("purge").code).toBe(0);
      expect(step("gone").text.trim()).toBe("");
    });
  },
);

describe("what is shipped for installing", () => {
  it.skipIf(!findProgram("shellcheck"))(
    "has shell scripts that shellcheck likes (skipped without shellcheck)",
    async () => {
      const scripts = [
        "packaging/install.sh",
        "docker/handover.sh",
        "docker/slim.sh",
        "docker/influxdb/accounts.sh",
        "test/install/machine.sh",
      ];
      const { stdout } = await run("shellcheck", scripts, { cwd: packageRoot });
      expect(stdout).toBe("");
    },
  );

  it("refuses bad usage with 2, and explains itself", () => {
    expect(spawnSync("bash", [install, "--frobnicate"]).status).toBe(2);
    expect(execFileSync("bash", [install, "--help"], { encoding: "utf8" })).toContain("--allow-downgrade");
  });
});
