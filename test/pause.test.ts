import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { keepPause, readPause } from "../gateway/pause.ts";
import { temporaryFolder } from "./support/places.ts";

it("keeps a pause until it is lifted or its time is over", async () => {
  const folder = await temporaryFolder();
  expect(await readPause(folder, 0)).toBeNull();
  await keepPause(folder, { until: null });
  expect(await readPause(folder, 1e15)).toEqual({ until: null });
  await keepPause(folder, { until: 1000 });
  expect(await readPause(folder, 999)).toEqual({ until: 1000 });
  expect(await readPause(folder, 1000)).toBeNull();
  await keepPause(folder, null);
  expect(await readPause(folder, 0)).toBeNull();
});

it("takes a file that was damaged for a pause: what may have been said must hold", async () => {
  const folder = await temporaryFolder();
  for (const text of ["", "{", '{"until":"soon"}', "[]"]) {
    await writeFile(path.join(folder, "paused.json"), text);
    expect(await readPause(folder, 0)).toEqual({ until: null });
  }
});
