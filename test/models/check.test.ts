import { describe, expect, it } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { checkPack } from "../../models/check.ts";
import type { CheckRow } from "../../models/checkRow.ts";
import { preparedForTests } from "./prepared.ts";

const prepared = await preparedForTests();

describe.skipIf(!prepared)("the default pack (needs its files, or a registry to fetch them from)", () => {
  it("keeps what we promise: faces, heads of a drawn class, yaw", { timeout: 180_000 }, async () => {
    const progress: number[] = [];
    const log = createLogger("error", false);
    const rows = await checkPack(prepared!.pack, {
      log,
      onProgress: (done, total) => progress.push(done / total),
    });
    console.log(rows.map(({ what, value, goal }) => `${what}: ${value} (goal: ${goal})`).join("\n"));

    const row = (part: string): CheckRow => rows.find(({ what }) => what.includes(part))!;
    expect(row("photographs")).toMatchObject({ ok: true });
    expect(row("visible heads")).toMatchObject({ ok: true });
    expect(row("neighbour")).toMatchObject({ ok: true });
    expect(row("yaw")).toMatchObject({ ok: true });
    expect(row("time for one picture").value).toMatch(/^\d+ ms/);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });
});
