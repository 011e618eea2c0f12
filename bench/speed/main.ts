import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { reason } from "../../gateway/errors.ts";
import { createLogger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { loadManifest, packFolder } from "../../models/pack.ts";
import { preparePack } from "../../models/prepare.ts";
import { tunePack } from "../../models/tune.ts";
import { peer } from "./peer.ts";
import { drawPlots } from "./plot.ts";
import type { Section } from "./row.ts";
import { latency, precision, rates, steps, stores, whole } from "./sections.ts";
import { asMarkdown, asText } from "./table.ts";

/**
 * `npm run bench`: everything that is said about speed, measured in one run. Ratios hold on other machines; milliseconds
 * are this one's. Writes bench/results.json, docs/images/speed.svg and the table in docs/speed.md, unless `--quick`.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    "no-peer": { type: "boolean", default: false },
  },
});
const measures = { steps, precision, rates, latency, whole, stores, peer };
const wanted = values.only?.split(",") ?? Object.keys(measures);
const began = performance.now();
const minutes = () => (performance.now() - began) / 60_000;
const manifest = await loadManifest("default");
const cache = path.join(packageRoot, "node_modules", ".cache", "focus-gateway");
const prepared = await preparePack(manifest, { folder: packFolder(manifest, cache) });
const log = createLogger("error");
// What a user's gateway runs: the quickest precision that keeps its answers. Found out once; takes a minute.
const { pack } = await tunePack(prepared, { log });
const folder = await mkdtemp(path.join(tmpdir(), "focus-bench-"));
const bench = {
  pack,
  log,
  quick: values.quick,
  folder,
  models: path.join(cache, "models"),
};
const busy = loadavg()[0]!;
if (busy > 0.7) process.stderr.write(`The machine is busy already (load ${busy.toFixed(1)}): ratios only.\n`);

const found: Section[] = [];
try {
  for (const [name, measure] of Object.entries(measures)) {
    if (!wanted.includes(name) || (name === "peer" && values["no-peer"])) continue;
    process.stderr.write(`${minutes().toFixed(1)} min: ${name} …\n`);
    // One that cannot be measured here is named in the table, and takes none of the others with it.
    const section = await measure(bench).catch((error: unknown): Section => {
      process.exitCode = 1;
      return { title: name, rows: [], skipped: `failed: ${reason(error).split("\n")[0]}` };
    });
    found.push(section);
    process.stdout.write(`${asText([section])}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

process.stdout.write(`\n${minutes().toFixed(1)} minutes\n`);
if (!values.quick && values.only === undefined) {
  const machine = {
    processor: cpus()[0]?.model.trim(),
    cores: availableParallelism(),
    node: process.version,
    load: Number(busy.toFixed(2)),
    date: new Date().toISOString().slice(0, 10),
    pack: pack.id,
  };
  const place = (...parts: string[]) => path.join(packageRoot, ...parts);
  await writeFile(
    place("bench", "results.json"),
    `${JSON.stringify({ machine, sections: found }, null, 2)}\n`,
  );
  await writeFile(
    place("docs", "images", "speed.svg"),
    drawPlots(found.flatMap(({ curves }) => curves ?? [])),
  );
  const page = place("docs", "speed.md");
  const about = `Measured in one run on ${machine.date}: ${machine.cores} cores of an ${machine.processor}, Node ${machine.node}, pack ${machine.pack}, load ${machine.load} before it began.`;
  const plot = "![Cost against heads, cameras and pixels; dashed, in proportion](images/speed.svg)";
  const table = `<!-- bench -->\n\n${about}\n\n${plot}\n\n${asMarkdown(found)}\n<!-- /bench -->`;
  const text = await readFile(page, "utf8");
  await writeFile(
    page,
    text.replace(/<!-- bench -->[\s\S]*<!-- \/bench -->/, () => table),
  );
}
process.exit();
