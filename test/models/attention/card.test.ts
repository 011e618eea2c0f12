import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { estimateByGeometry } from "../../../gateway/attend/geometric.ts";
import { attendOptions } from "../../../gateway/attend/options.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import type { View } from "../../../gateway/terms.ts";
import { cardOf } from "../../../models/attention/card.ts";
import type { Measured } from "../../../models/attention/check.ts";
import { attentionFolder } from "../../../models/attention/pack.ts";

const read = (name: string) => readFileSync(path.join(attentionFolder, name), "utf8");
const written = () =>
  cardOf(JSON.parse(read("pack.json")), JSON.parse(read("report.json")), JSON.parse(read("evaluation.json")));

describe("the model card of the attention network", () => {
  it("is what its measurements say, word for word", () => {
    expect(read("README.md")).toBe(written());
  });

  it("says first what is not known, and what was missed by how much", () => {
    const card = written();
    expect(card.indexOf("## What is not known")).toBeLessThan(card.indexOf("## How it does"));
    expect(card).toContain("never been validated on real children");
    const { perceptions } = JSON.parse(read("evaluation.json")) as Measured;
    for (const { what, missedBy } of (perceptions.int8 ?? perceptions.float32).rows)
      if (missedBy) expect(card).toContain(`${what.replace("attention network, ", "")} by ${missedBy}`);
    expect(card).not.toMatch(/NaN|undefined|null/);
  });

  it("says the same in Chinese of which goals were missed", () => {
    const chinese = readFileSync(path.join(packageRoot, "docs", "templates", "model-card.zh.md"), "utf8");
    const [, met, missed] = /达到目标的有：(.*?)；\*\*未达到\*\*的有：(.*?)。/.exec(chinese)!;
    const goals = {
      "macro-F1 of targets": "目标的宏平均 F1",
      "F1 of shifts within 1 s": "一秒内转向的 F1",
      "mean error of a room's focus": "全班专注度的平均误差",
      "correlation of a room's focus": "全班专注度的相关系数",
      "calibration error": "校准误差",
      "macro-F1 changed by int8": "int8 与 float32 之差",
    };
    const { perceptions } = JSON.parse(read("evaluation.json")) as Measured;
    for (const [goal, inChinese] of Object.entries(goals)) {
      const row = perceptions.int8!.rows.find(({ what }) => what === `attention network, ${goal}`)!;
      expect(row.missedBy ? missed : met, goal).toContain(inChinese);
      expect(row.missedBy ? met : missed, goal).not.toContain(inChinese);
    }
  });

  it("says the same as docs/attention.md", () => {
    const docs = readFileSync(path.join(packageRoot, "docs", "attention.md"), "utf8").split("\n");
    const rows = written()
      .split("\n")
      .filter((line) => line.includes(" ± 0."));
    expect(rows.length).toBeGreaterThanOrEqual(6);
    expect(rows.filter((row) => !docs.includes(row))).toEqual([]);
  });

  it("has windows look no surer than what was measured, by the network and by geometry", () => {
    const { perceptions } = JSON.parse(read("evaluation.json")) as Measured;
    const empty: View = {
      ...{ camera: "c", sequence: 0, time: 0, width: 1280, height: 720, faces: [], missing: [] },
      engine: { provider: "cpu", precision: "int8" },
      took: { capture: 0, detect: 0, pose: 0, total: 0 },
    };
    const geometry = estimateByGeometry(attendOptions.parse({})).observe(empty, "lecture");
    const { roomError } = JSON.parse(read("pack.json")) as { roomError: number };
    for (const { network, geometric } of Object.values(perceptions)) {
      expect(roomError).toBeGreaterThanOrEqual(network[0]!.roomError);
      expect(geometry.roomError).toBeGreaterThanOrEqual(geometric[0]!.roomError);
    }
  });

  it("says of each precision of perception what was measured with it, and how sure that is", () => {
    const { perceptions } = JSON.parse(read("evaluation.json")) as Measured;
    const row = written()
      .split("\n")
      .find((line) => line.startsWith("| macro-F1 of targets"))!;
    expect(Object.keys(perceptions).sort()).toEqual(["float32", "int8"]);
    for (const { network, standardErrors } of Object.values(perceptions)) {
      expect(row).toContain(network[0]!.macroF1.toFixed(3));
      expect(row).toContain(`± ${standardErrors.macroF1.toFixed(3)}`);
    }
  });
});
