import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openPerception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import { createLogger } from "../../gateway/log.ts";
import { defaultDataFolder } from "../../gateway/paths.ts";
import { rowText } from "../check.ts";
import { loadManifest, packFolder, verifyPack } from "../pack.ts";
import { CHECKED, evaluateAttention, recordHeldOut } from "./check.ts";
import { attentionRows } from "./goals.ts";
import type { Recording } from "./sights.ts";

/**
 * The evaluation that stands in the pack, on more rooms than `models check` has time for:
 *
 *   node dist/models/attention/report.js PACK_FOLDER RECORDINGS.json [ROOMS]
 *
 * Writes PACK_FOLDER/evaluation.json, and widens `roomError` in pack.json to what was measured. Recordings that are there already are used again: they do not depend on the network.
 */
const log = createLogger("warn");

async function recorded(file: string, rooms: number): Promise<Recording[]> {
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as Recording[];
  const manifest = await loadManifest("default");
  const pack = await verifyPack(manifest, packFolder(manifest, defaultDataFolder()));
  const perception = await openPerception(perceiveOptions.parse({}), pack, log);
  try {
    const onProgress = (done: number, total: number) => {
      if (done % 20 === 0) process.stderr.write(`${done} of ${total} pictures\n`);
    };
    const recordings = await recordHeldOut(perception, { ...CHECKED, rooms, onProgress });
    await writeFile(file, JSON.stringify(recordings));
    return recordings;
  } finally {
    await perception.close();
  }
}

/** Windows must not look surer than rooms of a new kind have shown them to be. Three decimals, never less than it was. */
async function widenRoomError(file: string, measured: number): Promise<void> {
  const pack = JSON.parse(await readFile(file, "utf8")) as { roomError: number };
  pack.roomError = Math.max(pack.roomError, Math.ceil(measured * 1000) / 1000);
  await writeFile(file, `${JSON.stringify(pack, null, 2)}\n`);
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const [folder, file, rooms = "8"] = process.argv.slice(2);
  if (!folder || !file) throw new Error("usage: report PACK_FOLDER RECORDINGS.json [ROOMS]");
  const recordings = await recorded(file, Number(rooms));
  const evaluation = await evaluateAttention(recordings, log, path.resolve(folder));
  const kinds = recordings.map(({ kind }) => kind);
  const rows = attentionRows(evaluation, null);
  // The rooms that `models check` draws are the first of these: what it finds is compared with this.
  const { network } = await evaluateAttention(recordings.slice(0, CHECKED.rooms), log, path.resolve(folder));
  const steps = recordings[0]?.sights.length;
  const report = { rooms: kinds, steps, rows, checked: network[0], ...evaluation };
  await widenRoomError(path.join(folder, "pack.json"), evaluation.network[0]!.roomError);
  await writeFile(path.join(folder, "evaluation.json"), `${JSON.stringify(report, null, 2)}\n`);
  for (const row of rows) process.stdout.write(`${rowText(row)}\n`);
}
