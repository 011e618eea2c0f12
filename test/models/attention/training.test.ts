import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../../gateway/paths.ts";
import { exportLessons } from "../../../models/attention/export.ts";
import { openAttentionPack } from "../../../models/attention/pack.ts";

const python = process.env.FOCUS_TRAINING_PYTHON;

describe("lessons for training", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "training-"));
    await exportLessons(folder, 4, 1);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are written as NumPy arrays with a card beside each, held-out kinds of rooms only in the test split", async () => {
    const kinds = async (split: string) => {
      const cards = await Promise.all(
        [0, 1].map((i) => readFile(path.join(folder, split, `000${i}.json`), "utf8")),
      );
      return cards.map((card) => JSON.parse(card).kind);
    };
    expect(await kinds("train")).toEqual(["usual", "board aside"]);
    expect(await kinds("test")).toEqual(["camera in the corner", "hall"]);
    const bytes = await readFile(path.join(folder, "train", "0000.npy"));
    const { seats } = JSON.parse(await readFile(path.join(folder, "train", "0000.json"), "utf8"));
    expect(bytes.subarray(1, 6).toString()).toBe("NUMPY");
    const header = bytes.readUInt16LE(8);
    expect((10 + header) % 64).toBe(0);
    expect(bytes.subarray(10, 10 + header).toString()).toContain(`(120, ${seats.length}, 12,)`);
    expect(bytes.length - 10 - header).toBe(120 * seats.length * 12 * 4);
  });

  it.skipIf(!python)(
    "train a tiny network end to end, which the gateway can open (needs a Python with PyTorch in FOCUS_TRAINING_PYTHON)",
    { timeout: 600_000 },
    async () => {
      const out = path.join(folder, "out");
      const script = path.join(packageRoot, "models", "training", "train.py");
      const { stdout } = await promisify(execFile)(python!, [
        script,
        folder,
        out,
        "--tiny",
        "--seeds",
        "1",
        "--minutes",
        "1",
      ]);
      expect(stdout).toContain("seed 1:");
      expect((await openAttentionPack(out)).id).toMatch(/^attention@/);
      const report = JSON.parse(await readFile(path.join(out, "report.json"), "utf8"));
      expect(Object.keys(report.validation)).toEqual([
        "trained",
        "pruned, before fine-tuning",
        "pruned",
        "int8",
      ]);
      expect(report.parityTorchOnnx).toBeLessThan(1e-4);
    },
  );
});
