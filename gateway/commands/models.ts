import { openAttentionPack } from "../../models/attention/pack.ts";
import { type CheckRow, rowText } from "../../models/checkRow.ts";
import type { PreparedPack, VerifiedPack } from "../../models/manifest.ts";
import { loadManifest, missingModels, packFolder, verifyFiles, verifyPack } from "../../models/pack.ts";
import { fetchPack } from "../../models/prepare.ts";
import { readyPack } from "../../models/ready.ts";
import { chosen, readTable, type Table } from "../../models/table.ts";
import { systemClock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { checkDataFolder, makeDataFolder } from "../dataFolder.ts";
import { failure } from "../errors.ts";
import { createLogger, type Logger } from "../log.ts";
import { Minded, openly, whoMinds } from "./openly.ts";
import type { ProgressBar, Terminal } from "./terminal.ts";

/** The config's pack, ready to run. Throws the MODEL_… errors. */
export const preparedPack = async (terminal: Terminal, config: Config): Promise<PreparedPack> =>
  readyPack(await fetchedPack(terminal, config));

/** Fetches what is missing of the config's pack, with progress, and verifies it. Throws the MODEL_… errors. */
export async function fetchedPack(terminal: Terminal, config: Config): Promise<VerifiedPack> {
  const manifest = await loadManifest(config.models.pack);
  const folder = packFolder(manifest, config.dataFolder);
  await makeDataFolder(config.dataFolder);
  // Not after forty megabytes have come.
  if ((await missingModels(manifest, folder)).length > 0) await checkDataFolder(config.dataFolder);
  const bar = terminal.progress(`fetching the model pack "${manifest.name}"`, "kB");
  try {
    return await fetchPack(manifest, {
      folder,
      onProgress: ({ phase, doneBytes, totalBytes }) => {
        if (phase === "fetch") bar.update(Math.round(doneBytes / 1000), Math.round(totalBytes / 1000));
      },
    });
  } finally {
    bar.end();
  }
}

export async function listModels(terminal: Terminal, configFile?: string): Promise<void> {
  const config = await loadConfig(configFile);
  const manifest = await loadManifest(config.models.pack);
  const folder = packFolder(manifest, config.dataFolder);
  const missing = await missingModels(manifest, folder);
  terminal.say(
    `${manifest.name} ${manifest.version} (${manifest.licence}, ${manifest.precision}) in ${folder}`,
  );
  for (const [role, model] of Object.entries(manifest.models)) {
    const there = !missing.includes(role as keyof typeof manifest.models);
    terminal.say(
      `  ${role.padEnd(10)} ${model.file.padEnd(20)} ${there ? "there" : "missing: run `focus-gateway models prepare`"}`,
    );
    terminal.emit({
      pack: manifest.name,
      version: manifest.version,
      role,
      file: model.file,
      sha256: model.sha256,
      there,
    });
  }
  const attention = await openAttentionPack();
  terminal.say(`${attention.id} (${attention.precision}), made from what these see: comes with the gateway`);
  terminal.emit({ pack: attention.id, precision: attention.precision, there: true });
  if (missing.length > 0) return;
  const pack = await verifyFiles(manifest, folder).catch(() => null); // `check` says what is wrong with it
  if (pack) terminal.say(`${pack.id}: every file is the one its manifest names`);
  const table = pack && (await readTable(pack));
  if (table) sayTable(terminal, table);
  else
    terminal.say(
      "Only float32 so far: `focus-gateway models prepare` makes and times the others, in about a minute.",
    );
}

/**
 * Fetches and verifies; then makes each network in eight bits and in halves, compares, times, and from then on the
 * quickest is taken. The second time there is nothing left to do. `untuned` ends when the networks can run (`readyApart.ts`).
 */
export async function prepareModels(
  terminal: Terminal,
  configFile?: string,
  {
    calibrate = "simulated",
    untuned = false,
  }: { calibrate?: "simulated" | "camera"; untuned?: boolean } = {},
): Promise<void> {
  const config = await loadConfig(configFile);
  const pack = await preparedPack(terminal, config);
  if (untuned) return;
  const { tunePack } = await import("../../models/tune.ts");
  const bar = terminal.progress("calibrating and timing the networks", "%");
  const onProgress = (share: number) => bar.update(Math.round(100 * share), 100);
  const own =
    calibrate === "camera" ? await withCameras(config, pack, (share) => onProgress(0.9 * share)) : {};
  const { table } = await tunePack(pack, {
    log: createLogger(config.log.level),
    onProgress,
    ...own,
  }).finally(() => bar.end());
  sayTable(terminal, table);
  terminal.say(`${pack.id} is ready`);
  terminal.emit({ pack: pack.id, ready: true });
}

/** A minute of the room: long enough for heads to move, short enough to wait for. */
const LOOK = { frames: 60, everySeconds: 1 };

/** Calibrates with what the config's cameras see, in memory only. */
async function withCameras(config: Config, pack: PreparedPack, onProgress: (share: number) => void) {
  const { calibrateWithCameras } = await import("../eye/calibrate.ts");
  const { cameras, eye } = config;
  const start = { cameras, perceive: eye.perceive, pack, logLevel: config.log.level, ...LOOK };
  if (cameras.length === 0) throw failure("MODEL_CALIBRATION", { problem: "the config names no camera" });
  const refuse = (error: unknown): never => {
    if (!(error instanceof Minded)) throw error;
    throw failure("MODEL_CALIBRATION", { problem: error.message }, error);
  };
  const minder = await whoMinds(config);
  if (minder) refuse(new Minded(minder));
  const variants = () =>
    openly(config, "models prepare", (stop) => calibrateWithCameras(start, onProgress, stop)).catch(refuse);
  return { make: { calibration: `camera ${new Date().toISOString()}`, variants } };
}

/** Each network in each precision: size, how well it keeps the answers, time for a picture, and which is taken. */
function sayTable(terminal: Terminal, table: Table): void {
  terminal.say(`On ${table.machine}, calibrated with ${table.calibration} pictures:`);
  for (const { role, variant, bytes, parity, millis, how } of table.rows) {
    const taken = chosen(table, role, "cpu") === variant;
    const { what, value, limit } = parity;
    const times = Object.entries(millis).map(([provider, took]) =>
      took === null ? `not on ${provider}` : `${took.toFixed(2)} ms on ${provider}`,
    );
    const kept = variant === "float32" ? "the original" : `${what} ${value.toFixed(3)} (at most ${limit})`;
    terminal.say(
      `${taken ? "*" : " "} ${role.padEnd(10)} ${variant.padEnd(15)} ${(bytes / 1e6).toFixed(2)} MB  ${times.join(", ").padEnd(18)} ${kept}`,
    );
    terminal.emit({ role, variant, bytes, parity, millis, how, taken });
  }
  terminal.say(
    "* is what runs on the CPU: the quickest that keeps the answers. Times are for one picture of a batch, on the CPU in processor time of one thread.",
  );
  terminal.say(
    "Last: how far answers are from the original's, on drawn pictures that it was not calibrated with, and how far they may be.",
  );
}

/** Hashes first; then what the packs measure up to. Exit code 1 when something is broken or worse than it was, and not for a goal that nobody has reached yet. */
export async function checkModels(terminal: Terminal, configFile?: string): Promise<void> {
  const config = await loadConfig(configFile);
  const manifest = await loadManifest(config.models.pack);
  const pack = await verifyPack(manifest, packFolder(manifest, config.dataFolder));
  terminal.say(`${pack.id}: every file is the one its manifest names`);
  const log = createLogger(config.log.level);
  const { checkPack } = await import("../../models/check.ts");
  const bar = terminal.progress("measuring", "steps");
  // Each part is told as soon as it is measured: the whole takes minutes, and somebody may have seen enough.
  const tell = (rows: readonly CheckRow[]) => {
    for (const row of rows) {
      terminal.say(rowText(row));
      terminal.emit(row);
      if (row.ok === false) process.exitCode = 1;
    }
  };
  const rows = await checkPack(pack, { log, onProgress: (done, total) => bar.update(done, total) });
  bar.end();
  tell(rows);
  const { checkAttention } = await import("../../models/attention/check.ts");
  const rooms = terminal.progress("looking into rooms that training never saw", "looks");
  const attention = await checkAttention(pack, {
    log,
    onProgress: (done, total) => rooms.update(done, total),
  });
  rooms.end();
  tell(attention);
  const lesson = terminal.progress("playing the test lesson", "frames");
  const played = await checkLesson(pack, log, lesson);
  lesson.end();
  tell(played);
  if ([...rows, ...attention, ...played].some(({ missedBy }) => missedBy))
    terminal.say(
      "“missed”: a goal that the estimate does not reach; docs/attention.md says by how much, how sure that is, and why",
    );
}

/** The whole chain over the ten-minute test lesson: does the number follow the class? */
async function checkLesson(pack: PreparedPack, log: Logger, bar: ProgressBar): Promise<CheckRow[]> {
  const { agreementOf, rehearse } = await import("../rehearse.ts");
  // A picture every other second follows the lesson well enough, and the whole check stays a matter of minutes.
  const lesson = { lesson: "three-activities", seed: 1, students: 24, framesPerSecond: 0.5 };
  const onProgress = (done: number, total: number) => bar.update(done, total);
  const windows = await rehearse(pack, { ...lesson, onProgress }, { log, clock: systemClock });
  const { correlation, meanAbsoluteError, insideInterval, known } = agreementOf(windows);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    {
      what: "room focus against the truth over a simulated ten-minute lesson, r",
      value: correlation.toFixed(2),
      goal: "at least 0.85",
      ok: correlation >= 0.85,
    },
    {
      what: "mean absolute error of focus there",
      value: meanAbsoluteError.toFixed(3),
      goal: "none",
      ok: null,
    },
    {
      what: "windows whose 95 % interval holds the truth",
      value: `${percent(insideInterval)} of those that say something, which ${percent(known)} do`,
      goal: "about 95 %; of one lesson it says little",
      ok: null,
    },
  ];
}
