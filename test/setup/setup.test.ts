import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../gateway/config.ts";
import { passwordLine } from "../../gateway/setup/accounts.ts";
import { type Answers, answersSchema, readAnswers } from "../../gateway/setup/answers.ts";
import { issue, makeAuthority } from "../../gateway/setup/certificates.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { temporaryFolder } from "../support/places.ts";

const NOW = Date.now();
const answers = (layout: Answers["layout"], more: Partial<Answers> = {}): Answers => ({
  layout,
  site: "riverside",
  rooms: ["room-12"],
  hosts: ["127.0.0.1"],
  camera: { name: "front", driver: "simulated" },
  ...more,
});

async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [path.relative(folder, file), await readFile(file, "utf8")] as const),
  );
  return new Map(texts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each(["room", "box", "school"] as const)("setup of a %s", (layout) => {
  const rooms = layout === "school" ? ["room-11", "room-12"] : ["room-12"];

  it("writes configs that are valid, and lets only their owner read what is secret", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers(layout, { rooms }), folder, NOW);
    const files = await filesIn(folder);
    const configs = [...files.keys()].filter((file) => file.endsWith("gateway.yaml"));
    expect(configs).toHaveLength(rooms.length);
    for (const config of configs)
      expect(await loadConfig(path.join(folder, config))).toMatchObject({ site: "riverside" });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of files.keys()) {
      const secret = /secrets\/|-key\.pem$|passwords$|gateway\.yaml$|answers\.yaml$/.test(file);
      if (secret) expect((await stat(path.join(folder, file))).mode & 0o777, file).toBe(0o600);
    }
    const config = files.get(configs[0]!)!;
    for (const [file, text] of files) {
      if (file.includes("secrets/")) expect(config, file).not.toContain(text.trim());
    }
  });

  it("changes nothing when it is run again, and keeps what was edited", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers(layout, { rooms }), folder, NOW);
    const config = path.join(folder, layout === "school" ? "rooms/room-11/gateway.yaml" : "gateway.yaml");
    await writeFile(config, "# edited by IT\n");
    const before = await filesIn(folder);
    const { outcomes } = await setUp(answers(layout, { rooms }), folder, NOW);
    expect(await filesIn(folder)).toEqual(before);
    expect([...outcomes.values()].filter((outcome) => !["kept", "unchanged"].includes(outcome))).toEqual([]);
  });

  it("gives every school other secrets", async () => {
    const folders = [path.join(await temporaryFolder(), "a"), path.join(await temporaryFolder(), "b")];
    for (const folder of folders) await setUp(answers(layout, { rooms }), folder, NOW);
    const [a, b] = (await Promise.all(folders.map(filesIn))) as [Map<string, string>, Map<string, string>];
    const secrets = [...a.keys()].filter((file) => /secrets\/|-key\.pem$/.test(file));
    expect(secrets.length).toBeGreaterThan(1);
    for (const file of secrets) expect(a.get(file), file).not.toBe(b.get(file));
  });
});

describe("setup", () => {
  it("takes a further room into a school that is there, and renews certificates in their last month", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("school"), folder, NOW);
    const before = await filesIn(folder);
    const later = NOW + 800 * 86_400_000;
    const { outcomes } = await setUp(answers("school", { rooms: ["room-12", "room-13"] }), folder, later);
    const after = await filesIn(folder);
    expect(after.get("secrets/mqtt-gateway-room-12")).toBe(before.get("secrets/mqtt-gateway-room-12"));
    expect(after.get("mosquitto/passwords")).toContain("gateway-room-13:");
    expect(outcomes.get("certificates/authority.pem")).toBe("kept");
    expect(outcomes.get("certificates/mosquitto.pem")).toBe("renewed");
  });

  it("gives each room accounts of its own, and takes them from one room without touching the others", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("school", { rooms: ["room-11", "room-12"] }), folder, NOW);
    const before = await filesIn(folder);
    const ofRooms = [...before.keys()].filter((file) => /^rooms\/.*secrets\//.test(file));
    expect(ofRooms.map((file) => path.posix.basename(file)).sort()).toEqual([
      "influxdb-gateway-room-11",
      "influxdb-gateway-room-12",
      "mqtt-flows-room-11",
      "mqtt-flows-room-12",
      "mqtt-gateway-room-11",
      "mqtt-gateway-room-12",
    ]);
    expect(new Set(ofRooms.map((file) => before.get(file))).size).toBe(6);
    for (const file of ofRooms)
      expect(before.get(`secrets/${path.posix.basename(file)}`)).toBe(before.get(file));

    await setUp(answers("school", { rooms: ["room-12"] }), folder, NOW, ["room-11"]);
    const after = await filesIn(folder);
    for (const [file, text] of before) {
      if (/room-12/.test(file)) expect(after.get(file), file).toBe(text);
      if (/room-11/.test(file) && /secrets\//.test(file)) expect(after.has(file), file).toBe(false);
    }
    expect(after.get("influxdb/writers")).toBe("gateway-room-12\n");
    for (const file of ["mosquitto/access", "mosquitto/passwords"]) {
      expect(after.get(file)).not.toContain("room-11");
      expect(before.get(file)).toContain("room-11");
    }
    // Who comes back comes back with other passwords.
    await setUp(answers("school", { rooms: ["room-11", "room-12"] }), folder, NOW);
    const back = await filesIn(folder);
    for (const file of ofRooms)
      expect(back.get(file) === before.get(file), file).toBe(file.includes("room-12"));
    expect(back.get("rooms/room-11/gateway.yaml")).toBe(before.get("rooms/room-11/gateway.yaml"));
  });

  it("gives a room a new password where the old one was deleted, and carries it to where it is used", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("school"), folder, NOW);
    const before = await filesIn(folder);
    await rm(path.join(folder, "secrets/mqtt-gateway-room-12"));
    await setUp(answers("school"), folder, NOW);
    const after = await filesIn(folder);
    const copy = "rooms/room-12/secrets/mqtt-gateway-room-12";
    expect(after.get(copy)).not.toBe(before.get(copy));
    expect(after.get(copy)).toBe(after.get("secrets/mqtt-gateway-room-12"));
    expect(after.get("mosquitto/passwords")).not.toBe(before.get("mosquitto/passwords"));
  });

  it("says what to do where a new password cannot be put into a config that is somebody's own", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("room"), folder, NOW);
    await rm(path.join(folder, "secrets/live-page-password"));
    const { next } = await setUp(answers("room"), folder, NOW);
    const password = (await readFile(path.join(folder, "secrets/live-page-password"), "utf8")).trim();
    const hash = /passwordHash: (\S+)$/.exec(next[0]!)![1]!;
    expect(await bcrypt.compare(password, hash)).toBe(true);
  });

  it("knows what it was told the last time, and will have one room only but for a school", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    expect(await readAnswers(folder)).toBeNull();
    const told = answers("school", {
      rooms: ["room-11", "room-12"],
      hosts: ["focus.school.example", "192.0.2.7"],
    });
    await setUp(told, folder, NOW);
    expect(await readAnswers(folder)).toEqual(told);
    await writeFile(path.join(folder, "answers.yaml"), "layout: palace\n");
    await expect(readAnswers(folder)).rejects.toMatchObject({ code: "USAGE" });
    expect(answersSchema.safeParse({ ...told, layout: "room" }).success).toBe(false);
  });

  it("signs nothing without its authority's key, which may be kept elsewhere, and leaves certificates of others alone", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("school"), folder, NOW);
    const key = path.join(folder, "certificates/authority-key.pem");
    const kept = await readFile(key, "utf8");
    await rm(key);
    const before = await filesIn(folder);
    await setUp(answers("school"), folder, NOW);
    expect(await filesIn(folder)).toEqual(before);
    const later = NOW + 800 * 86_400_000;
    await expect(setUp(answers("school"), folder, later)).rejects.toThrow(
      /mosquitto\.pem.*authority-key\.pem/,
    );

    const district = await makeAuthority("District", later);
    const own = await issue(district, ["broker.school.example"], later);
    await writeFile(path.join(folder, "certificates/mosquitto.pem"), own.certificate);
    await writeFile(path.join(folder, "certificates/mosquitto-key.pem"), own.key);
    await writeFile(key, kept);
    const { outcomes } = await setUp(answers("school"), folder, later);
    expect(outcomes.get("certificates/mosquitto.pem")).toBe("kept");
    expect(outcomes.get("certificates/influxdb.pem")).toBe("renewed");
    expect(await readFile(path.join(folder, "certificates/mosquitto.pem"), "utf8")).toBe(own.certificate);
  });

  it("gives teachers a password that their page takes", async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    await setUp(answers("room"), folder, NOW);
    const password = (await readFile(path.join(folder, "secrets/live-page-password"), "utf8")).trim();
    expect(password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    const { show } = await loadConfig(path.join(folder, "gateway.yaml"));
    expect(await bcrypt.compare(password, show.live.page!.passwordHash)).toBe(true);
  });

  it("writes password lines in Mosquitto's form, the same ones for the same password", async () => {
    const line = passwordLine("gateway-room-1", "a password");
    expect(line).toMatch(/^gateway-room-1:\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/);
    expect(passwordLine("gateway-room-1", "a password")).toBe(line);
    expect(passwordLine("gateway-room-2", "a password")).not.toBe(line);
  });
});
