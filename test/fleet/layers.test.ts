import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkConfig, showConfig } from "../../gateway/commands/config.ts";
import type { Terminal } from "../../gateway/commands/terminal.ts";
import { loadConfig } from "../../gateway/config.ts";
import { merge } from "../../gateway/layers.ts";
import { temporaryFolder } from "../support/places.ts";

/** Writes the files into a folder; returns the folder. */
async function lay(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

const SITE = `site: riverside
mqtt:
  url: mqtts://broker.school.example:8883
  username: everybody
  password: { file: secrets/mqtt }
  caFile: certificates/authority.pem
protect:
  windowSeconds: 20
  expectedHeads: 24
  focusTargets:
    exam: [desk, screen]
privacy:
  timetable: { file: timetable.ics }
`;
const ROOM = `extends: ../site.yaml
room: room-12
cameras:
  - driver: files
    path: lesson.mp4
protect:
  expectedHeads: 30
  focusTargets:
    exam: [desk]
mqtt:
  password: { env: ROOM_12 }
`;

describe("a config in layers", () => {
  it("is the room's over the site's over the defaults: sections merged, lists and secrets replaced", async () => {
    const folder = await lay({ "site.yaml": SITE, "rooms/12.yaml": ROOM });
    const config = await loadConfig(path.join(folder, "rooms/12.yaml"));
    expect(config).toMatchObject({ site: "riverside", room: "room-12", log: { level: "info" } });
    expect(config.protect).toMatchObject({ windowSeconds: 20, expectedHeads: 30, minimumGroup: 5 });
    expect(config.protect.focusTargets.exam).toEqual(["desk"]);
    expect(config.mqtt).toMatchObject({ username: "everybody", password: { env: "ROOM_12" } });
    expect(config).not.toHaveProperty("extends");
  });

  it("takes each file's names as relative to the file that they stand in", async () => {
    const folder = await lay({ "site.yaml": SITE, "rooms/12.yaml": ROOM });
    const config = await loadConfig(path.join(folder, "rooms/12.yaml"));
    expect(config.mqtt.caFile).toBe(path.join(folder, "certificates/authority.pem"));
    expect(config.privacy.timetable?.file).toBe(path.join(folder, "timetable.ics"));
    expect(config.cameras[0]).toMatchObject({ path: path.join(folder, "rooms/lesson.mp4") });
  });

  it("has as many layers as somebody likes, and an empty key takes away what a lower one says", async () => {
    const folder = await lay({
      "site.yaml": SITE,
      "floor.yaml": "extends: site.yaml\nprotect: { windowSeconds: 30 }\n",
      "12.yaml": `${ROOM.replace("../site.yaml", "floor.yaml")}privacy:\n  timetable:\n`,
    });
    const config = await loadConfig(path.join(folder, "12.yaml"));
    expect(config.protect.windowSeconds).toBe(30);
    expect(config.privacy.timetable).toBeUndefined();
  });

  it("says of each problem in which file and line it stands", async () => {
    const folder = await lay({
      "site.yaml": SITE.replace("20", "twenty").replace("privacy:", "privcy:"),
      "rooms/12.yaml": ROOM.replace("30", "many").replace("path:", "paht:"),
    });
    const room = path.join(folder, "rooms/12.yaml");
    const site = path.join(folder, "site.yaml");
    const error = await loadConfig(room).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", exit: 2 });
    const lines = (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
    expect(lines).toEqual([
      expect.stringMatching(`^${site}, line 8: protect.windowSeconds: `),
      `${site}, line 12: privcy: there is no such key`,
      expect.stringMatching(`^${room}, line 4: cameras\\[0\\].path: `),
      `${room}, line 5: cameras[0].paht: there is no such key`,
      expect.stringMatching(`^${room}, line 7: protect.expectedHeads: `),
    ]);
  });

  it("looks for what a list lacks in the file that the list comes from, though another has it", async () => {
    const folder = await lay({
      "site.yaml": "site: s\ncameras:\n  - driver: files\n    path: x.mp4\n",
      "room.yaml": "extends: site.yaml\nroom: r\n\ncameras:\n  - driver: files\n",
    });
    await expect(loadConfig(path.join(folder, "room.yaml"))).rejects.toThrow(
      /room\.yaml, line 5: cameras\[0\]\.path/,
    );
  });

  it.each([
    ["extends: room.yaml\n", /line 1: extends: the files go round in a circle: .*room\.yaml → .*room\.yaml/],
    ["site: x\nextends: site.yaml\n", /line 1: extends: the files go round in a circle: .*room.*site.*room/],
    ["room: r\nextends: nowhere.yaml\n", /line 2: extends: cannot read .*nowhere\.yaml/],
    ["extends: [a, b]\n", /line 1: extends: the name of a file is expected/],
    ["extends: broken.yaml\n", /broken\.yaml is not a valid config:\n {2}line \d: /],
  ])("refuses %j", async (text, problem) => {
    const folder = await lay({
      "room.yaml": text,
      "site.yaml": "extends: room.yaml\n",
      "broken.yaml": "a: [1, 2\n",
    });
    await expect(loadConfig(path.join(folder, "room.yaml"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(problem),
    });
  });

  it("shows its layers, and what they come to, without secrets", async () => {
    const folder = await lay({
      "site.yaml": SITE.replace("{ file: secrets/mqtt }", "hunter22"),
      "12.yaml": ROOM.replace("../", "").replace("{ env: ROOM_12 }", "hunter23"),
    });
    const said: string[] = [];
    const keep = (text: string) => void said.push(text);
    const terminal: Terminal = {
      json: false,
      say: keep,
      emit() {},
      write: keep,
      note: keep,
      progress: () => ({ update() {}, end() {} }),
    };
    await checkConfig(terminal, path.join(folder, "12.yaml"));
    expect(said.at(-1)).toBe(
      `  defaults < ${path.join(folder, "site.yaml")} < ${path.join(folder, "12.yaml")}`,
    );
    await showConfig(terminal, path.join(folder, "12.yaml"));
    expect(said.at(-1)).toMatch(/windowSeconds: 20[\s\S]*expectedHeads: 30[\s\S]*password: "\[hidden\]"/);
    expect(said.join()).not.toContain("hunter");
  });

  it("says to a program, too, that a config is none, and why", async () => {
    const folder = await lay({ "12.yaml": "site: s\nroom: 12\n" });
    const file = path.join(folder, "12.yaml");
    const emitted: object[] = [];
    const terminal = { json: true, emit: (value: object) => void emitted.push(value) } as unknown as Terminal;
    await expect(checkConfig(terminal, file)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(emitted).toEqual([
      { file, valid: false, error: "CONFIG_INVALID", message: expect.stringContaining("line 2: room:") },
    ]);
  });

  it("keeps every value of the upper file, and of the lower one what the upper does not speak of", () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 3 }));
    const { section } = fc.letrec<{ section: object; value: unknown }>((tie) => ({
      section: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value") as fc.Arbitrary<unknown>, {
        maxKeys: 3,
      }),
      value: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("section")),
    }));
    const leaves = (value: unknown, at = ""): [string, unknown][] =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${at}/${key}`))
        : [[at, value]];
    const layer = (file: string, value: unknown) => ({ file, value, lineOf: () => null });
    fc.assert(
      fc.property(section, section, (below, above) => {
        const lower = layer("lower", below);
        const upper = layer("upper", above);
        const { value, layerOf } = merge([lower, upper]);
        const found = new Map(leaves(value));
        for (const [at, leaf] of leaves(above)) expect(found.get(at)).toEqual(leaf);
        for (const [at, leaf] of found) {
          const owner = layerOf(at.split("/").slice(1)).file;
          expect(leaves(owner === "upper" ? above : below)).toContainEqual([at, leaf]);
        }
      }),
    );
  });
});
