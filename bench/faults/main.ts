import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { reason } from "../../gateway/errors.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { type Case, canRun, type Outcome } from "./case.ts";
import { CASES, QUICK } from "./cases.ts";
import { withPlace } from "./place.ts";
import { type Row, table } from "./table.ts";

const LONGEST_MS = 600_000;

/** Makes every fault happen and says what was seen; exit code 1 when anything differs from what is promised. */
const { values } = parseArgs({
  options: {
    only: { type: "string", short: "o", multiple: true },
    quick: { type: "boolean", default: false },
  },
});
const wanted = new Set(values.only?.flatMap((list) => list.split(",")).map(Number));
const cases = (values.quick ? QUICK : CASES).filter(({ number }) => wanted.size === 0 || wanted.has(number));
const rows: Row[] = [];
for (const one of cases) {
  const row = await runCase(one);
  rows.push(row);
  const verdict = row.result === "ok" ? "ok" : row.result.toUpperCase();
  process.stdout.write(
    `${String(row.number).padStart(2)} ${verdict.padEnd(8)} ${row.seconds.toFixed(1).padStart(6)} s  ${row.title}\n` +
      `${" ".repeat(20)} → ${row.seen}; lost ${row.lost}, duplicated ${row.duplicated}\n`,
  );
}
process.stdout.write(`\n${table(rows)}\n`);
if (!values.quick && wanted.size === 0) await keep(rows);
process.exit(rows.some(({ result }) => result === "differs") ? 1 : 0);

async function runCase(one: Case): Promise<Row> {
  const { number, title, expected } = one;
  const began = performance.now();
  const obstacle = canRun(one);
  const done = (outcome: Outcome, result: Row["result"]): Row => {
    const { seen, lost, duplicated } = outcome;
    return {
      number,
      title,
      expected,
      seen,
      lost,
      duplicated,
      result,
      seconds: (performance.now() - began) / 1000,
    };
  };
  if (obstacle) return done({ seen: obstacle, lost: 0, duplicated: 0, ok: false }, "not run");
  try {
    const outcome = await withPlace((place) => Promise.race([one.run(place), tooLong()]));
    return done(outcome, outcome.ok ? "ok" : "differs");
  } catch (error) {
    return done({ seen: `failed: ${reason(error)}`, lost: 0, duplicated: 0, ok: false }, "differs");
  }
}

/** Nothing may stand still for ever, the bench itself included. */
async function tooLong(): Promise<never> {
  await sleep(LONGEST_MS, undefined, { ref: false });
  throw new Error(`not done after ${LONGEST_MS / 1000} s`);
}

/** The numbers for machines, and the table for people. */
async function keep(rows: readonly Row[]): Promise<void> {
  await writeFile(
    path.join(packageRoot, "bench", "faults.json"),
    `${JSON.stringify({ ran: new Date().toISOString(), node: process.version, cases: rows }, null, 2)}\n`,
  );
  const file = path.join(packageRoot, "docs", "durability.md");
  const text = await readFile(file, "utf8");
  const [before, rest] = text.split("<!-- table -->\n");
  const after = rest?.split("<!-- /table -->").at(1);
  if (before === undefined || after === undefined)
    throw new Error("docs/durability.md has lost its table's marks");
  await writeFile(file, `${before}<!-- table -->\n${table(rows)}\n<!-- /table -->${after}`);
}
