import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { connect, influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { hasInflux2, startInflux2, startInflux2OverTls } from "../support/influxd2.ts";
import { temporaryFolder } from "../support/places.ts";
import { findProgram } from "../support/programs.ts";
import { answers } from "./folder.ts";

const run = promisify(execFile);
const influx = findProgram("influx2");
const time = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
const point = {
  measurement: "focus",
  tags: { site: "riverside", room: "room-11" },
  fields: { focus: 0.5, quality: "ok" },
  time,
} as const;

it.skipIf(!hasInflux2 || !influx)(
  "what setup and accounts.sh make of a real InfluxDB 2.7 over TLS: each gateway writes, Grafana reads, a room that goes is shut out (skipped without influxd2 and influx2)",
  async () => {
    const [folder, files, bin, data] = await Promise.all([1, 2, 3, 4].map(() => temporaryFolder()));
    await symlink(influx!, path.join(bin!, "influx"));
    const school = { ...answers("school"), hosts: ["127.0.0.1"] as [string] };
    const lay = async (rooms: string[], gone: string[] = []) => {
      await setUp({ ...school, rooms }, path.join(folder!, "focus"), Date.now(), gone);
      await rm(files!, { recursive: true });
      await mkdir(files!);
      for (const from of ["influxdb", "secrets", "certificates"])
        for (const name of await readdir(path.join(folder!, "focus", from)))
          await copyFile(path.join(folder!, "focus", from, name), path.join(files!, name));
    };
    const secret = async (name: string) => (await readFile(path.join(files!, name), "utf8")).trim();
    await lay(["room-11", "room-12"]);

    // As the image does it: set up in the clear and inside, then started again with certificates.
    const inside = await startInflux2({
      folder: data!,
      token: await secret("influxdb-admin-token"),
      mapped: false,
    });
    await inside.stop();
    const { url, stop } = await startInflux2OverTls(
      data!,
      path.join(files!, "influxdb.pem"),
      path.join(files!, "influxdb-key.pem"),
    );
    onTestFinished(stop);
    const accounts = async () => {
      const env = { PATH: `${bin}:${process.env.PATH}`, HOME: bin, FOCUS_FILES: files, INFLUX_HOST: url };
      const { stdout, stderr } = await run("bash", [path.join(packageRoot, "docker/influxdb/accounts.sh")], {
        env,
      });
      expect(stdout + stderr).toBe("");
    };
    await accounts();
    await accounts(); // on every `docker compose up`

    const as = async (username: string, password?: string) =>
      influxOptions.parse({
        ...{ version: "1", url, caFile: path.join(files!, "authority.pem"), username },
        password: password ?? (await secret(`influxdb-${username}`)),
      });
    const write = async (options: Awaited<ReturnType<typeof as>>) => {
      const sink = await openInflux(options);
      return sink.write([point]).finally(() => sink.close());
    };
    const read = async (options: Awaited<ReturnType<typeof as>>, from = "focus") => {
      const { ask, close } = await connect(options);
      const q = `SELECT focus FROM ${from} WHERE time > 0`;
      const answer = await ask(`/query?${new URLSearchParams({ db: "focus", epoch: "ms", q })}`, {
        method: "GET",
      }).finally(close);
      return (answer as { results: { series?: { values: unknown[] }[]; error?: string }[] }).results[0];
    };

    expect(await write(await as("gateway-room-11"))).toEqual([]);
    expect(await write(await as("gateway-room-12"))).toEqual([]);
    expect((await read(await as("grafana")))?.series?.[0]?.values).toEqual([[time, 0.5]]);
    for (const place of ["minutes", "lessons", "days"])
      expect(await read(await as("grafana"), `focus.${place}.focus`), place).not.toHaveProperty("error");
    // Neither takes on what the other may.
    await expect(write(await as("grafana"))).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
    const nothing = await read(await as("gateway-room-11")).catch(() => ({ series: undefined }));
    expect(nothing?.series).toBeUndefined();
    await expect(write(await as("gateway-room-11", "guessed"))).rejects.toMatchObject({
      code: "INFLUX_REFUSED",
    });

    const former = await as("gateway-room-11");
    await lay(["room-12", "room-13"], ["room-11"]);
    await accounts();
    await expect(write(former)).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
    expect(await write(await as("gateway-room-13"))).toEqual([]);
    expect(await write(await as("gateway-room-12"))).toEqual([]);
  },
  120_000,
);
