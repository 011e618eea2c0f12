import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { ROLES } from "../../models/manifest.ts";
import { packFolder, verifyPack } from "../../models/pack.ts";
import { isParity } from "../../models/quantize/parity.ts";
import { CALIBRATION, simulatedSamples, TEST } from "../../models/samples.ts";
import { chosen, machine, readTable, type Table } from "../../models/table.ts";
import { tunePack } from "../../models/tune.ts";
import { makeVariants } from "../../models/variants.ts";
import { temporaryFolder } from "../support/places.ts";
import { preparedForTests } from "./prepared.ts";

const prepared = await preparedForTests();
const log = createLogger("error", false);

/** The pack in a folder of its own, so that nothing of another test stands on its shelf. */
async function freshPack() {
  const { manifest, pack } = prepared!;
  const folder = packFolder(manifest, await temporaryFolder());
  await mkdir(folder, { recursive: true });
  for (const role of ROLES)
    await copyFile(pack.models[role].path, path.join(folder, manifest.models[role].file));
  return { manifest, folder, pack: await verifyPack(manifest, folder) };
}

describe.skipIf(!prepared)("the networks in other precisions (needs the pack's files)", () => {
  it("keep the answers of the originals, are chosen by time, and are made once", {
    timeout: 240_000,
  }, async () => {
    const { manifest, folder, pack } = await freshPack();
    expect(pack.ready.cpu).toEqual(pack.float32);
    expect(await readTable(pack)).toBeNull();

    // A small set: one frame to calibrate with and one of another class to compare on.
    const one = (look: (typeof TEST)[number] | undefined) => [{ ...look!, frames: 1 }];
    const calibration = await simulatedSamples(pack, one(CALIBRATION[0]), log);
    const tests = await simulatedSamples(pack, one(TEST[0]), log);
    expect(tests.pose.list.length).toBeGreaterThan(12);
    const progress: number[] = [];
    const variants = () => makeVariants(pack, calibration, tests, (share) => progress.push(share));
    const { pack: tuned, table } = await tunePack(pack, {
      log,
      make: { calibration: "simulated", variants },
    });

    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeCloseTo(1);
    for (const role of ROLES) {
      const rows = table.rows.filter((row) => row.role === role);
      expect(rows.map(({ variant }) => variant)).toEqual(["float32", "int8", "int8-symmetric", "float16"]);
      for (const row of rows) {
        expect(row.millis.cpu, `${role} ${row.variant}`).toBeGreaterThan(0);
        // What does not keep the answers may be in the table, and is not taken.
        if (tuned.ready.cpu[role].path.includes(`.${row.variant}.`)) expect(isParity(row.parity)).toBe(true);
      }
      expect(tuned.ready.cpu[role].path).toContain(`${role}.${chosen(table, role, "cpu")}.onnx`);
    }
    const parityOf = (role: string, variant: string) =>
      table.rows.find((row) => row.role === role && row.variant === variant)!.parity;
    expect(parityOf("pose", "int8").value).toBeLessThan(1.5);
    expect(parityOf("pose", "float16").value).toBeLessThan(0.1);
    expect(isParity(parityOf("detect", "int8"))).toBe(true);

    const again = await verifyPack(manifest, folder);
    expect(again.ready).toEqual(tuned.ready);
    const untouched = async () => Promise.reject(new Error("made again"));
    expect((await tunePack(again, { log })).table).toEqual(table);
    await expect(
      tunePack(again, { log, make: { calibration: "camera", variants: untouched } }),
    ).rejects.toThrow("made again");

    // What was changed on disk is not run: the original is.
    const quick = ROLES.find((role) => tuned.ready.cpu[role].precision !== "float32");
    if (quick) {
      await writeFile(tuned.ready.cpu[quick].path, "not a network");
      expect((await verifyPack(manifest, folder)).ready.cpu[quick]).toEqual(pack.float32[quick]);
    }
    // Nor is what was measured on another machine believed.
    const file = path.join(folder, "ready", "table.json");
    const elsewhere = { ...JSON.parse(await readFile(file, "utf8")), machine: "another" };
    await writeFile(file, JSON.stringify(elsewhere));
    expect((await verifyPack(manifest, folder)).ready.cpu).toEqual(pack.float32);
  });
});

describe("the choice among networks", () => {
  type Row = Table["rows"][number];
  const row = (variant: Row["variant"], value: number, millis: Row["millis"]): Row => ({
    ...{ role: "pose", variant, bytes: 1, how: "", millis },
    parity: { what: "mean difference of an angle, degrees", value, limit: 1.5 },
  });
  const among = (...rows: Row[]): Table => ({
    machine: machine(),
    recipe: "",
    calibration: "simulated",
    rows,
  });
  const exact = row("float32", 0, { cpu: 4 });

  it("takes the quickest of those that keep the answers", () => {
    expect(chosen(among(exact, row("int8", 0.8, { cpu: 2 })), "pose", "cpu")).toBe("int8");
    expect(chosen(among(exact, row("int8", 1.6, { cpu: 2 })), "pose", "cpu")).toBe("float32");
    expect(chosen(among(exact, row("int8", 0.8, { cpu: 5 })), "pose", "cpu")).toBe("float32");
  });

  it("does not round for next to nothing", () => {
    expect(chosen(among(exact, row("float16", 0, { cpu: 3.9 })), "pose", "cpu")).toBe("float32");
  });

  it("takes halves on a GPU on which nothing was timed, if they keep the answers", () => {
    expect(chosen(among(exact, row("float16", 0.1, { cpu: 4 })), "pose", "tensorrt")).toBe("float16");
    expect(chosen(among(exact, row("float16", 2, { cpu: 4 })), "pose", "tensorrt")).toBe("float32");
    expect(chosen(among(exact, row("int8", 0.8, { cpu: 2, cuda: null })), "pose", "cuda")).toBe("float32");
  });
});
