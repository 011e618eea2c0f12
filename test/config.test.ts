import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { exampleConfig } from "../gateway/commands/config.ts";
import { loadConfig } from "../gateway/config.ts";
import { temporaryFolder } from "./support/places.ts";

const MINIMAL = "site: riverside\nroom: room-12\ncameras:\n  - driver: files\n    path: lesson.mp4\n";

async function file(text: string): Promise<string> {
  const place = path.join(await temporaryFolder(), "gateway.yaml");
  await writeFile(place, text);
  return place;
}

describe("the config", () => {
  it("is the demo's without a file: a simulated classroom with everything on loopback", async () => {
    const config = await loadConfig(undefined);
    expect(config.cameras).toMatchObject([{ driver: "simulated" }]);
    expect([config.broker.host, config.show.live.host, config.show.health.host]).toEqual(
      Array(3).fill("127.0.0.1"),
    );
    expect([config.broker.port, config.show.live.port, config.show.health.port]).toEqual([1883, 1880, 8080]);
  });

  it("needs a site and a room, and never makes a camera up for a school", async () => {
    await expect(loadConfig(await file("site: x\n"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("room"),
    });
    expect(await loadConfig(await file("site: x\nroom: y\n"))).toMatchObject({ cameras: [] });
    await expect(loadConfig(await file(MINIMAL))).resolves.toMatchObject({
      site: "riverside",
      protect: { minimumGroup: 5, windowSeconds: 10 },
    });
  });

  it("cannot be changed once it is loaded", async () => {
    const config = await loadConfig(await file(MINIMAL));
    expect(() => Object.assign(config.protect, { minimumGroup: 1 })).toThrow(TypeError);
  });

  it("refuses landmarks as no camera sees them, which would have heads counted twice in silence", async () => {
    const marks = (third: string) =>
      `    landmarks:\n${[
        "[0.12, 0.81], room: [1, 2]",
        "[0.88, 0.79], room: [5, 2]",
        third,
        "[0.25, 0.31], room: [1, 6]",
      ]
        .map((mark) => `      - { picture: ${mark} }\n`)
        .join("")}`;
    await expect(
      loadConfig(await file(`${MINIMAL}${marks("[0.71, 0.3], room: [5, 6]")}`)),
    ).resolves.toBeDefined();
    for (const wrong of ["[0.5, 0.8], room: [3, 2]", "[0.71, 0.3], room: [1, 4]"]) {
      await expect(loadConfig(await file(`${MINIMAL}${marks(wrong)}`))).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/line 6: cameras\[0\]\.landmarks: .*three of them lie in a line/),
      });
    }
  });

  it("refuses a minimum group below five", async () => {
    await expect(loadConfig(await file(`${MINIMAL}protect:\n  minimumGroup: 2\n`))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      exit: 2,
      message: expect.stringMatching(/line 7: protect\.minimumGroup/),
    });
  });

  it("says which file cannot be read", async () => {
    await expect(loadConfig("nowhere/gateway.yaml")).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      message: expect.stringContaining("nowhere/gateway.yaml"),
    });
  });

  it("takes a data folder as relative to its own file", async () => {
    const place = await file(`${MINIMAL}dataFolder: state\n`);
    await expect(loadConfig(place)).resolves.toMatchObject({
      dataFolder: path.join(path.dirname(place), "state"),
    });
  });

  it("prints an example that is valid as it stands, and still is with every block put to use that needs no value of one's own", async () => {
    const example = exampleConfig();
    await expect(loadConfig(await file(example))).resolves.toBeDefined();
    const block = (name: string) => {
      const lines = example.split("\n");
      const from = lines.indexOf(`# ${name}:`);
      const to = lines.findIndex((line, index) => index > from && line === "");
      return lines
        .slice(from, to)
        .map((line) => line.slice(2))
        .join("\n");
    };
    for (const name of ["log", "models", "protect", "broker", "spool"]) {
      const text = block(name).replace(/^ +expectedHeads:.*$/m, "");
      await expect(loadConfig(await file(`${MINIMAL}${text}\n`)), name).resolves.toBeDefined();
    }
  });
});
