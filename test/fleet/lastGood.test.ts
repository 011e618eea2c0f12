import { readFileSync, statSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { loadConfig } from "../../gateway/config.ts";
import { keepIfGood, readLastGood } from "../../gateway/fleet/lastGood.ts";
import type { Clock } from "../../gateway/terms.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/places.ts";
import { endGateway, layRoom } from "../support/room.ts";

const prepared = await preparedForTests();

const GOOD = `site: riverside
room: room-12
cameras:
  - { driver: files, name: front, path: lesson.mp4 }
protect: { expectedHeads: 24 }
mqtt: { url: "mqtt://127.0.0.1:1", password: { file: password } }
show: { health: { token: a-token-in-the-config } }
`;

/** A clock on which all sleeping is over at once; says for how long it would have been. */
function hurried(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { ...systemClock, slept, sleep: async (ms) => void slept.push(ms) };
}

/** A folder with a config that was kept as the last good one. */
async function kept(text = GOOD) {
  const folder = await temporaryFolder();
  const given = path.join(folder, "gateway.yaml");
  const file = path.join(folder, "data", "last-good.yaml");
  await writeFile(given, text);
  await keepIfGood(await loadConfig(given), file, hurried(), new AbortController().signal);
  return { given, file, folder };
}

describe("the last good config", () => {
  it("is kept after ten minutes, whole, for the gateway's user only, and is the same when it is read again", async () => {
    const clock = hurried();
    const { given, file } = await kept();
    await keepIfGood(await loadConfig(given), file, clock, new AbortController().signal);
    expect(clock.slept).toEqual([600_000]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(["last-good.yaml"]);
    expect(JSON.stringify(await readLastGood(file, given))).toBe(JSON.stringify(await loadConfig(given)));
  });

  it("is not a config whose gateway ended before", async () => {
    const { given, folder } = await kept();
    const ended = new AbortController();
    ended.abort();
    const file = path.join(folder, "other", "last-good.yaml");
    await keepIfGood(await loadConfig(given), file, hurried(), ended.signal);
    await expect(readdir(path.dirname(file))).rejects.toThrow("ENOENT");
  });

  it("looks as before where the new one says the same about what is seen", async () => {
    const { given, file } = await kept();
    await writeFile(given, GOOD.replace("mqtt://", "nonsense://"));
    expect(await readLastGood(file, given)).toMatchObject({
      mqtt: { url: "mqtt://127.0.0.1:1" },
      privacy: { profile: "aggregate" },
    });
  });

  it.each([
    ["cannot be read at all", "a: [1, 2\n"],
    ["extends a file that is gone", `extends: nowhere.yaml\n${GOOD}`],
    ["is not there", null],
    ["turns the cameras off", `${GOOD}privacy: { profile: off }\nspoool: 1\n`],
    ["turns the cameras off, misspelt", `${GOOD}privacy: { profil: off }\n`],
    [
      "has a larger group",
      `${GOOD.replace("expectedHeads: 24", "minimumGroup: 8, expectedHeads: 24")}spoool: 1\n`,
    ],
    [
      "has a mask",
      `${GOOD.replace("path: lesson.mp4", "path: lesson.mp4, mask: [[[0, 0], [1, 0], [1, 1]]]")}spoool: 1\n`,
    ],
  ])("keeps the cameras shut where the new one %s", async (_, text) => {
    const { given, file, folder } = await kept();
    if (text !== null) await writeFile(given, text);
    const config = await readLastGood(file, text === null ? path.join(folder, "gone.yaml") : given);
    expect(config).toMatchObject({ room: "room-12", privacy: { profile: "off" } });
  });

  it("is none where nothing was kept, or this version cannot use it", async () => {
    const { given, folder, file } = await kept();
    expect(await readLastGood(path.join(folder, "nothing"), given)).toBeNull();
    await writeFile(file, '{"site": "x", "keyOfAnotherVersion": 1}');
    expect(await readLastGood(file, given)).toBeNull();
  });
});

describe("run --fallback", () => {
  it("fails at once without it, and with it where nothing was ever good", async () => {
    const folder = await temporaryFolder();
    const config = path.join(folder, "gateway.yaml");
    await writeFile(config, "site: 12\n");
    expect(await cli(["run", "--config", config])).toMatchObject({ code: 2 });
    const fallback = ["--fallback", path.join(folder, "last-good.yaml")];
    expect(await cli(["run", "--config", config, ...fallback])).toMatchObject({
      code: 2,
      err: expect.stringContaining("CONFIG_INVALID"),
    });
    expect(await cli(["run", ...fallback])).toMatchObject({ code: 2, err: expect.stringContaining("USAGE") });
  }, 60_000);

  it.skipIf(!prepared)(
    "runs the last good config, says so in log and health, and lists it in the inventory",
    async () => {
      const room = await layRoom(prepared!);
      const file = path.join(room.data, "last-good.yaml");
      await mkdir(room.data, { recursive: true });
      await keepIfGood(await loadConfig(room.config), file, hurried(), new AbortController().signal);
      await writeFile(room.config, `${readFileSync(room.config, "utf8")}spoool: 1\n`);
      const gateway = startCli(["run", "--config", room.config, "--fallback", file]);
      try {
        await gateway.says("Ctrl-C stops it", 60);
        expect(gateway.err()).toContain("THE LAST GOOD ONE RUNS IN ITS PLACE");
        expect(gateway.err()).toContain('"cameras":"as before"');
        expect(gateway.err()).toContain("spoool: there is no such key");
        const metrics = await (await fetch(`http://127.0.0.1:${room.ports.health}/metrics`)).text();
        expect(metrics).toContain("focus_gateway_config_as_given 0");
        const listed = await cli(["inventory", "--json", "--config", file]);
        expect(jsonLines(listed.out)).toMatchObject([
          {
            site: "test",
            room: "r1",
            state: "online",
            config: "last_good",
            flows: "off",
            profile: "aggregate",
            cameras: { front: expect.any(String) },
          },
        ]);
      } finally {
        await endGateway(gateway);
      }
    },
    120_000,
  );
});
