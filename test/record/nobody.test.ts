import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { openRecord, recordOptions } from "../../gateway/record/record.ts";
import { temporaryFolder } from "../support/places.ts";

it("without store and database, the disk does not fill with what nobody will fetch", async () => {
  const log = createLogger("error", false);
  const dataFolder = await temporaryFolder();
  const root = "classroom/v1/north/101";
  let hear!: (topic: string, payload: Buffer) => Promise<void>;
  const record = await openRecord(recordOptions.parse({ embedded: false }), {
    mqtt: { url: "mqtt://127.0.0.1:1", clientId: "recorder" },
    intake: {
      witness(see) {
        hear = see;
      },
    },
    root,
    dataFolder,
    log,
    clock,
  });
  // Three of the journal's files, of 4 MB each.
  for (let i = 0; i < 200; i += 1) {
    const note = { time: new Date(i).toISOString(), text: "x".repeat(60_000) };
    await hear(`${root}/event/note`, Buffer.from(JSON.stringify(note)));
  }
  expect(await readdir(path.join(dataFolder, "journal"))).toHaveLength(1);
  await record.close();
});
