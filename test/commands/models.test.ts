import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { listModels } from "../../gateway/commands/models.ts";
import type { Terminal } from "../../gateway/commands/terminal.ts";
import { ROLES } from "../../models/manifest.ts";
import { packFolder, verifyPack } from "../../models/pack.ts";
import { machine, type Row, tableRecipe, writeTable } from "../../models/table.ts";
import { preparedForTests } from "../models/prepared.ts";
import { temporaryFolder } from "../support/places.ts";

const prepared = await preparedForTests();

/** A terminal that remembers what it was told. */
function listening() {
  const [lines, values]: [string[], object[]] = [[], []];
  const terminal: Terminal = {
    json: false,
    say: (line) => void lines.push(line),
    emit: (value) => void values.push(value),
    write: () => {},
    note: () => {},
    progress: () => ({ update: () => {}, end: () => {} }),
  };
  return { terminal, lines, values };
}

async function freshConfig() {
  const dataFolder = await temporaryFolder();
  const config = path.join(dataFolder, "gateway.yaml");
  const cameras = [{ driver: "simulated" }];
  await writeFile(config, stringify({ site: "north", room: "room-1", dataFolder, cameras }));
  return { dataFolder, config };
}

describe("models list", () => {
  it("says what is missing, and which attention network there is", async () => {
    const { config } = await freshConfig();
    const { terminal, lines, values } = listening();
    await listModels(terminal, config);
    expect(lines.filter((line) => line.includes("missing: run `focus-gateway models prepare`"))).toHaveLength(
      4,
    );
    expect(lines.at(-1)).toMatch(/^attention@[0-9a-f]{8} \(int8\)/);
    expect(values).toContainEqual(expect.objectContaining({ role: "pose", there: false }));
  });

  it.skipIf(!prepared)(
    "says which network runs in which precision, and why (needs the pack's files)",
    async () => {
      const { dataFolder, config } = await freshConfig();
      const { manifest, pack } = prepared!;
      const folder = packFolder(manifest, dataFolder);
      await mkdir(folder, { recursive: true });
      for (const role of ROLES)
        await copyFile(pack.models[role].path, path.join(folder, manifest.models[role].file));
      const own = await verifyPack(manifest, folder);
      const row = (variant: Row["variant"], value: number, cpu: number): Row => ({
        ...{ role: "pose", variant, bytes: 1_720_000, how: "", millis: { cpu } },
        parity: { what: "mean difference of an angle, degrees", value, limit: 1.5 },
      });
      const rows = [row("float32", 0, 4), row("int8", 0.9, 1.6), row("int8-symmetric", 1.7, 1)];
      const made = { machine: machine(), recipe: tableRecipe(own), calibration: "simulated", rows };
      await writeTable(own, made);

      const { terminal, lines } = listening();
      await listModels(terminal, config);
      expect(lines).toContainEqual(expect.stringMatching(/^default@[0-9a-f]{8}: every file/));
      const starred = lines.filter((line) => line.startsWith("* ") && line.includes("pose"));
      // The quickest does not keep the answers.
      expect(starred).toEqual([
        expect.stringMatching(
          /int8 +1\.72 MB +1\.60 ms on cpu +mean difference of an angle, degrees 0\.900 \(at most 1\.5\)/,
        ),
      ]);
    },
  );
});
