import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cardOf } from "../../../models/attention/card.ts";
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
    for (const { what, missedBy } of JSON.parse(read("evaluation.json")).rows)
      if (missedBy) expect(card).toContain(`${what.replace("attention network, ", "")} by ${missedBy}`);
    expect(card).not.toMatch(/NaN|undefined|null/);
  });
});
