import { appendFile, readFile, rm, utimes, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { audit, auditFile, checkAudit, lastAudited } from "../gateway/audit.ts";
import { systemClock } from "../gateway/clock.ts";
import { temporaryFolder } from "./support/places.ts";
import { launch, stop } from "./support/programs.ts";

async function logOf(entries: number): Promise<string> {
  const folder = await temporaryFolder();
  for (let n = 1; n <= entries; n += 1) await audit(folder, "exported", { sql: `SELECT ${n}` }, systemClock);
  return folder;
}

describe("the audit log", () => {
  it("numbers and chains what is written to it, from several writers at once too", async () => {
    const folder = await temporaryFolder();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => audit(folder, "paused", { by: `button ${i}` }, systemClock)),
    );
    const { entries, problems } = await checkAudit(folder);
    expect(problems).toEqual([]);
    expect(entries.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it("is empty and whole before anything was written", async () => {
    expect(await checkAudit(await temporaryFolder())).toEqual({ entries: [], problems: [] });
  });

  it("tells where an entry was changed, taken out, put in or moved", async () => {
    const folder = await logOf(6);
    const file = auditFile(folder);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4 }), fc.constantFrom(...TAMPERINGS), async (at, tamper) => {
        await writeFile(file, `${tamper(lines, at).join("\n")}\n`);
        const { problems } = await checkAudit(folder);
        expect(problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
    await writeFile(file, `${lines.join("\n")}\n`);
    expect((await checkAudit(folder)).problems).toEqual([]);
  });

  it.each([-3_600_000, 3_600_000])(
    "does not wait for who crashed during its turn, whatever the clock says since (%i ms)",
    async (ms) => {
      const folder = await logOf(1);
      const lock = `${auditFile(folder)}.lock`;
      await writeFile(lock, "");
      const then = new Date(Date.now() + ms);
      await utimes(lock, then, then);
      expect(await audit(folder, "paused", {}, systemClock)).toMatchObject({ n: 2 });
    },
  );

  it("waits for another program that has its turn for as long as that lives, on a disk that takes its time", async () => {
    const folder = await logOf(1);
    const lock = `${auditFile(folder)}.lock`;
    const other = launch("sleep", ["60"]);
    const stat = await readFile(`/proc/${other.pid}/stat`, "utf8");
    await writeFile(lock, `${other.pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`);
    const then = new Date(Date.now() - 20_000);
    await utimes(lock, then, then);
    let done = false;
    const written = audit(folder, "paused", {}, systemClock).finally(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(done).toBe(false);
    await stop(other);
    expect(await written).toMatchObject({ n: 2 });
    expect((await checkAudit(folder)).problems).toEqual([]);
  });

  it("goes on after a line that a power cut tore, and says that it is torn", async () => {
    const folder = await logOf(2);
    await appendFile(auditFile(folder), '{"n":3,"time":"2026');
    await audit(folder, "started", { version: "0.1.0" }, systemClock);
    const { entries, problems } = await checkAudit(folder);
    expect(entries.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(problems).toEqual([expect.stringContaining("line 3")]);
  });

  it("finds its last entry behind whatever was torn, however long that is", async () => {
    const torn = fc.tuple(fc.constantFrom("x", "\n", "é{"), fc.integer({ min: 1, max: 70_000 }));
    const folder = await logOf(2);
    const whole = await readFile(auditFile(folder));
    await fc.assert(
      fc.asyncProperty(torn, async ([text, times]) => {
        await writeFile(auditFile(folder), Buffer.concat([whole, Buffer.from(text.repeat(times))]));
        await audit(folder, "started", {}, systemClock);
        const { entries } = await checkAudit(folder);
        expect(entries.map(({ n }) => n)).toEqual([1, 2, 3]);
        expect(entries[2]!.previous).toBe(entries[1]!.hash);
      }),
      { numRuns: 12 },
    );
  });

  it("takes no more than its end to add to it, and to know the last start, though it holds 50 MB", async () => {
    const folder = await logOf(1);
    const first = await readFile(auditFile(folder), "utf8");
    await appendFile(auditFile(folder), first.repeat(Math.ceil(50e6 / first.length)));
    const { hash } = await audit(folder, "started", { config: "a" }, systemClock);
    /** Bytes that this process has read so far, as the kernel counts them (proc_pid_io(5)). */
    const read = async () => Number(/rchar: (\d+)/.exec(await readFile("/proc/self/io", "utf8"))![1]);
    const before = await read();
    expect(await audit(folder, "paused", {}, systemClock)).toMatchObject({ n: 3, previous: hash });
    expect(await lastAudited(folder, "started")).toMatchObject({ n: 2, hash });
    expect((await read()) - before).toBeLessThan(1e6);
    expect(await lastAudited(folder, "resumed")).toBeNull();
  });

  it("says so when it cannot be written", async () => {
    const folder = await temporaryFolder();
    await rm(folder, { recursive: true });
    await writeFile(folder, "a file where the folder should be");
    await expect(audit(folder, "started", {}, systemClock)).rejects.toMatchObject({
      code: expect.stringMatching(/AUDIT_UNWRITABLE|DATA_FOLDER_UNWRITABLE/),
    });
  });
});

type Tampering = (lines: readonly string[], at: number) => string[];
const TAMPERINGS: readonly Tampering[] = [
  (lines, at) => lines.map((line, i) => (i === at ? line.replace("SELECT", "select") : line)),
  (lines, at) => lines.filter((_, i) => i !== at),
  (lines, at) => [...lines.slice(0, at), lines[at]!, ...lines.slice(at)],
  (lines, at) => [...lines.slice(0, at), lines[at + 1]!, lines[at]!, ...lines.slice(at + 2)],
  (lines, at) =>
    lines.map((line, i) =>
      i === at ? line.replace(/"hash":"[0-9a-f]{64}"/, `"hash":"${"a".repeat(64)}"`) : line,
    ),
];
