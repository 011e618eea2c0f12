import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Measured } from "../../../models/attention/check.ts";
import type { Evaluation } from "../../../models/attention/evaluate.ts";
import { attentionRows } from "../../../models/attention/goals.ts";
import { attentionFolder } from "../../../models/attention/pack.ts";
import { rowText } from "../../../models/checkRow.ts";

const { perceptions } = JSON.parse(
  readFileSync(path.join(attentionFolder, "evaluation.json"), "utf8"),
) as Measured;
const evaluation: Evaluation = perceptions.int8!;
const recorded = evaluation.network[0]!;
const failures = (rows: ReturnType<typeof attentionRows>) => rows.filter(({ ok }) => ok === false);

describe("the goals of the attention network", () => {
  it("fail nothing where the network is what it was when it was made, whatever goal it misses", () => {
    const rows = attentionRows(evaluation, recorded);
    expect(failures(rows)).toEqual([]);
    for (const { ok, missedBy } of rows) if (missedBy) expect(ok).toBe(null);
  });

  it("say by how much a goal is missed", () => {
    const far = { ...evaluation, network: { ...evaluation.network, 0: { ...recorded, macroF1: 0.6 } } };
    const row = attentionRows(far, null).find(({ what }) => what.includes("macro-F1 of targets"))!;
    expect(row).toMatchObject({ ok: null, missedBy: "0.250" });
    expect(rowText(row)).toMatch(
      /^missed .*macro-F1 of targets: 0\.600 .*\(goal: at least 0\.85, missed by 0\.250\)$/,
    );
  });

  it("fail a network that is worse than it was, or than geometry, or that int8 has changed", () => {
    const changed = (of: Partial<typeof recorded>) => ({
      ...evaluation,
      network: { ...evaluation.network, 0: { ...recorded, ...of } },
    });
    const names = (one: Evaluation) => failures(attentionRows(one, recorded)).map(({ what }) => what);
    expect(names(changed({ focusError: recorded.focusError + 0.1 }))).toEqual([
      "attention network, mean error of a room's focus",
    ]);
    expect(names(changed({ accuracy: 0.1 }))).toEqual(["attention network, accuracy of targets"]);
    expect(names(changed({ macroF1: recorded.macroF1 - 0.1 }))).toEqual([
      "attention network, macro-F1 of targets",
      "attention network, macro-F1 changed by int8",
    ]);
    expect(names(changed({ calibrationError: Number.NaN }))).toHaveLength(1);
  });
});
