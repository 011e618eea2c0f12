import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openPerception, perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import { createLogger } from "../../gateway/log.ts";
import { defaultDataFolder } from "../../gateway/paths.ts";
import { rowText } from "../checkRow.ts";
import { type PreparedPack, type ReadyNetworks, ROLES } from "../manifest.ts";
import { loadManifest, packFolder, verifyPack } from "../pack.ts";
import {
  CHECKED,
  evaluateAttention,
  judgeNetwork,
  type Measured,
  type MeasuredWith,
  recordHeldOut,
} from "./check.ts";
import { attentionRows } from "./goals.ts";
import { openAttentionPack } from "./pack.ts";
import type { Recording } from "./sights.ts";
import { standardErrors } from "./uncertainty.ts";

/**
 * The evaluation that stands in the pack, on more rooms than `models check` has time for, looked at by perception in
 * float32 and as it runs on this machine, which usually is int8 (`models prepare`):
 *
 *   node dist/models/attention/report.js PACK_FOLDER RECORDINGS_FOLDER [ROOMS]
 *
 * Writes PACK_FOLDER/evaluation.json, and widens `roomError` in pack.json to what was measured. Recordings that are there
 * already (float32.json, int8.json) are used again: they do not depend on the network.
 */
const log = createLogger("warn");

async function recorded(file: string, rooms: number, eyes: PreparedPack): Promise<Recording[]> {
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as Recording[];
  const perception = await openPerception(perceiveOptions.parse({ providers: ["cpu"] }), eyes, log);
  try {
    const onProgress = (done: number, total: number) => {
      if (done % 20 === 0) process.stderr.write(`${path.basename(file)}: ${done} of ${total} pictures\n`);
    };
    const recordings = await recordHeldOut(perception, { ...CHECKED, rooms, onProgress });
    await writeFile(file, JSON.stringify(recordings));
    return recordings;
  } finally {
    await perception.close();
  }
}

async function measured(
  recordings: readonly Recording[],
  pack: string,
  eyes: ReadyNetworks,
): Promise<MeasuredWith> {
  const evaluation = await evaluateAttention(recordings, log, pack);
  const network = await openAttentionPack(pack);
  const judged = (some: readonly Recording[]) => judgeNetwork(some, network, 0, log);
  const networks = Object.fromEntries(ROLES.map((role) => [role, eyes[role].precision]));
  return {
    networks: networks as MeasuredWith["networks"],
    rows: attentionRows(evaluation, null),
    checked: await judged(recordings.slice(0, CHECKED.rooms)),
    standardErrors: await standardErrors(recordings, judged),
    ...evaluation,
  };
}

/** Windows must not look surer than rooms of a new kind have shown them to be. Three decimals, never less than it was. */
async function widenRoomError(file: string, found: number): Promise<void> {
  const pack = JSON.parse(await readFile(file, "utf8")) as { roomError: number };
  pack.roomError = Math.max(pack.roomError, Math.ceil(found * 1000) / 1000);
  await writeFile(file, `${JSON.stringify(pack, null, 2)}\n`);
}

async function report(pack: string, folder: string, rooms: number): Promise<void> {
  const manifest = await loadManifest("default");
  const eyes = await verifyPack(manifest, packFolder(manifest, defaultDataFolder()));
  const exact = { ...eyes, ready: { ...eyes.ready, cpu: eyes.float32 } };
  await mkdir(folder, { recursive: true });
  const look = async (precision: "float32" | "int8", by: PreparedPack) => {
    const recordings = await recorded(path.join(folder, `${precision}.json`), rooms, by);
    return { recordings, measured: await measured(recordings, pack, by.ready.cpu) };
  };
  const whole = await look("float32", exact);
  const small = ROLES.some((role) => eyes.ready.cpu[role].precision === "int8")
    ? await look("int8", eyes)
    : null;
  const { recordings } = whole;
  const said: Measured = {
    rooms: recordings.map(({ kind }) => kind),
    steps: recordings[0]!.sights.length,
    perceptions: { float32: whole.measured, ...(small ? { int8: small.measured } : {}) },
  };
  const found = Object.values(said.perceptions).map(({ network }) => network[0]!.roomError);
  await widenRoomError(path.join(pack, "pack.json"), Math.max(...found));
  await writeFile(path.join(pack, "evaluation.json"), `${JSON.stringify(said, null, 2)}\n`);
  for (const [precision, { rows }] of Object.entries(said.perceptions)) {
    process.stdout.write(`perception in ${precision}:\n`);
    for (const row of rows) process.stdout.write(`${rowText(row)}\n`);
  }
}

if (import.meta.filename === path.resolve(process.argv[1] ?? "")) {
  const [pack, folder, rooms = "8"] = process.argv.slice(2);
  if (!pack || !folder) throw new Error("usage: report PACK_FOLDER RECORDINGS_FOLDER [ROOMS]");
  await report(path.resolve(pack), folder, Number(rooms));
}
