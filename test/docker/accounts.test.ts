import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { keepOptions } from "../../gateway/record/keep.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { temporaryFolder } from "../support/places.ts";
import { answers } from "./folder.ts";

const run = promisify(execFile);

interface Database {
  readonly buckets: Readonly<Record<string, string>>;
  readonly rps: Readonly<Record<string, string>>;
  readonly auths: Readonly<Record<string, { readonly password: string; readonly rights: readonly string[] }>>;
  readonly tasks: readonly string[];
}

/** A school's folder, and what accounts.sh makes of it when it runs, each time with what the folder holds then. */
async function school() {
  const folder = path.join(await temporaryFolder(), "focus");
  const work = await temporaryFolder();
  await mkdir(path.join(work, "bin"));
  await copyFile(path.join(packageRoot, "test/docker/influx.mjs"), path.join(work, "bin/influx"));
  const state = path.join(work, "database");
  return {
    folder,
    setUp: (rooms: string[], gone: string[] = []) =>
      setUp({ ...answers("school"), rooms }, folder, Date.now(), gone),
    secret: async (name: string) => (await readFile(path.join(folder, "secrets", name), "utf8")).trim(),
    /** As docker/handover.sh lays the files, in one folder. */
    async up() {
      const files = path.join(work, "files");
      await rm(files, { recursive: true, force: true });
      await mkdir(files);
      for (const from of ["influxdb", "secrets", "certificates"])
        for (const name of await readdir(path.join(folder, from)))
          await copyFile(path.join(folder, from, name), path.join(files, name));
      const { stdout, stderr } = await run("bash", [path.join(packageRoot, "docker/influxdb/accounts.sh")], {
        env: {
          PATH: `${work}/bin:${path.dirname(process.execPath)}:${process.env.PATH}`,
          INFLUX_STATE: state,
          FOCUS_FILES: files,
        },
      });
      expect(stdout + stderr).toBe("");
      const asked = (await readFile(`${state}.asked`, "utf8")).trimEnd().split("\n");
      await rm(`${state}.asked`);
      return { database: JSON.parse(await readFile(state, "utf8")) as Database, asked };
    },
  };
}

it("makes buckets, roll-ups and accounts, takes in rooms and takes them away one by one, and fails when the database does", async () => {
  const { folder, setUp, secret, up } = await school();
  await setUp(["room-11", "room-12"]);
  const first = await up();
  const { rawDays, minuteDays } = keepOptions.parse({});
  expect(first.database.buckets).toMatchObject({
    focus: `${rawDays}d`,
    focus_minutes: `${minuteDays}d`,
    focus_lessons: "0",
    focus_days: "0",
  });
  expect(first.database.rps).toEqual({
    autogen: "focus by default",
    minutes: "focus_minutes",
    lessons: "focus_lessons",
    days: "focus_days",
  });
  expect(first.database.tasks).toEqual(["focus-gateway minutes", "focus-gateway days"]);
  // Grafana reads everything; each gateway writes as itself, and reads nothing.
  const writes = ["write focus", "write focus_lessons"];
  const reads = ["read focus", "read focus_minutes", "read focus_lessons", "read focus_days"];
  expect(first.database.auths).toEqual({
    grafana: { password: await secret("influxdb-grafana"), rights: reads },
    "gateway-room-11": { password: await secret("influxdb-gateway-room-11"), rights: writes },
    "gateway-room-12": { password: await secret("influxdb-gateway-room-12"), rights: writes },
  });

  const again = await up();
  expect(again.database).toEqual(first.database);
  expect(again.asked.filter((asked) => /create|delete/.test(asked) && !asked.includes("dbrp"))).toEqual([]);

  await rm(path.join(folder, "secrets/influxdb-gateway-room-12"));
  await setUp(["room-12", "room-13"], ["room-11"]);
  const { auths } = (await up()).database;
  expect(Object.keys(auths).sort()).toEqual(["gateway-room-12", "gateway-room-13", "grafana"]);
  expect(auths["gateway-room-12"]!.password).toBe(await secret("influxdb-gateway-room-12"));
  expect(auths["gateway-room-12"]!.password).not.toBe(first.database.auths["gateway-room-12"]!.password);
  expect(auths.grafana).toEqual(first.database.auths.grafana);

  await rm(path.join(folder, "secrets/influxdb-admin-token"));
  await setUp(["room-12", "room-13"]);
  await expect(up()).rejects.toThrow(/unauthorized access/);
}, 60_000);
