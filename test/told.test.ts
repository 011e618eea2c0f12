import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { keepTold, readTold } from "../gateway/told.ts";
import { temporaryFolder } from "./support/places.ts";

const HOUR_MS = 3_600_000;
const group = { activity: "group", lesson: "Maths" } as const;

it("knows after a restart what the class is doing, for two hours", async () => {
  const folder = await temporaryFolder();
  expect(await readTold(folder, 0)).toBeNull();
  await keepTold(folder, group, HOUR_MS);
  expect(await readTold(folder, HOUR_MS)).toEqual({ lesson: group, at: HOUR_MS });
  expect((await readTold(folder, 3 * HOUR_MS - 1))?.lesson).toEqual(group);
  expect(await readTold(folder, 3 * HOUR_MS), "that was another class").toBeNull();
  expect(await readTold(folder, HOUR_MS - 1), "the clock was set back").toBeNull();
  await keepTold(folder, { activity: "exam", lesson: null }, 2 * HOUR_MS);
  expect((await readTold(folder, 2 * HOUR_MS))?.lesson).toEqual({ activity: "exam", lesson: null });
});

it("knows nothing where it was damaged, or of an activity that there is not", async () => {
  const folder = await temporaryFolder();
  for (const text of ["", "{", "[]", '{"activity":"dancing","lesson":null,"at":0}']) {
    await writeFile(path.join(folder, "told.json"), text);
    expect(await readTold(folder, 1)).toBeNull();
  }
});
