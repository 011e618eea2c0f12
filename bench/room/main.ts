import { appendFile, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../gateway/paths.ts";
import { progress } from "./progress.ts";
import { type Line, readRun } from "./samples.ts";
import { soak } from "./soak.ts";
import { summarise } from "./summary.ts";
import { report } from "./table.ts";

/**
 * A whole room for an hour of wall time: a gateway as schools run it, two network cameras and four sensors of different
 * kinds, each of which is away now and then. Says what it took of the machine, and fails when memory grows or something
 * does not come back. Ctrl-C ends it early.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    /** From one disturbance to the next. */
    everySeconds: { type: "string", default: "240" },
    warmUpMinutes: { type: "string", default: "10" },
    /** Where every sample is kept, a line each; the gateway's log lies beside it. */
    samples: { type: "string", default: path.join(tmpdir(), "focus-gateway-room.jsonl") },
    /** Only tells of the samples that are there: of an earlier run, or of one that goes on. */
    again: { type: "boolean", default: false },
  },
});
const { samples } = values;
const say = (text: string) => void process.stdout.write(`${text}\n`);

if (!values.again) {
  const ctrlC = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ctrlC.abort());
  const keep = (line: Line) => appendFile(samples, `${JSON.stringify(line)}\n`);
  const first = { began: new Date().toISOString(), node: process.version, cores: availableParallelism() };
  await writeFile(samples, `${JSON.stringify(first)}\n`);
  say(`films two lessons first; every sample is kept in ${samples}`);
  await soak({
    minutes: Number(values.minutes),
    everySeconds: Number(values.everySeconds),
    stop: ctrlC.signal,
    async onSample(sample) {
      say(progress(sample));
      await keep({ sample });
    },
    async onDisturbance(disturbance) {
      const { what, said, recoveredSeconds } = disturbance;
      say(`           ${what}: ${said.join(", ")}; all ok again after ${recoveredSeconds ?? "∞"} s`);
      await keep({ disturbance });
    },
    onLog: (text) => writeFile(`${samples}.log`, text),
  });
}
const summary = summarise({ ...(await readRun(samples)), warmUpMinutes: Number(values.warmUpMinutes) });
await writeFile(path.join(packageRoot, "bench", "room.json"), `${JSON.stringify(summary, null, 2)}\n`);
say(`\n${report(summary)}\n\nNow \`npm run docs\` puts it into docs/soak.md.`);
process.exitCode = summary.problems.length > 0 ? 1 : 0;
