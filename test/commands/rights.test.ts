import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { known } from "../../gateway/commands/known.ts";
import { program } from "../support/cli.ts";
import { temporaryFolder } from "../support/places.ts";
import { findProgram } from "../support/programs.ts";

// Needs the compiled program (`npm run build`, which `npm test` does).

/** Root may do everything; without these two of its rights it is held to what stands on files, as everybody is. */
const asAnybody =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

async function cli(args: readonly string[], dataFolder: string) {
  const [first, ...rest] = [...asAnybody, process.execPath, program, ...args];
  const env = { ...process.env, FOCUS_GATEWAY_DATA: dataFolder };
  return promisify(execFile)(first!, rest, { env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

/** A folder that only so much may be done with, with what is put into it before. */
async function folder(mode: number, ...files: string[]): Promise<string> {
  const place = path.join(await temporaryFolder(), "data");
  await mkdir(place);
  for (const file of files) await writeFile(path.join(place, file), "");
  await chmod(place, mode);
  onTestFinished(() => chmod(place, 0o700));
  return place;
}

describe.skipIf(asAnybody.length > 0 && !findProgram("setpriv"))("a user without the rights", () => {
  it("is told so by `run` before anything is fetched for a folder that takes none of it", async () => {
    const { code, stderr } = await cli(["run"], await folder(0o500));
    expect(stderr).toContain("DATA_FOLDER_UNWRITABLE");
    expect(stderr).not.toContain("fetching");
    expect(code).toBe(2);
  });

  it("is told by `query` that the store is there and not for them, and that there is none where there is none", async () => {
    const sql = ["query", "SELECT 1"];
    expect((await cli(sql, await folder(0o000, "store.duckdb"))).stderr).toContain("STORE_UNREADABLE");
    expect((await cli(sql, await folder(0o500))).stderr).toContain("STORE_MISSING");
  });

  it.each([
    ["audit", ["audit"]],
    ["simulate", ["simulate", "smoke", "--out", "frames"]],
    ["setup", ["setup", "--layout", "room", "--site", "s", "--room", "r", "--out", "room"]],
  ])("is told by `%s` which path it is, and not to report it", async (_, args) => {
    const place = await folder(0o000, "audit.jsonl");
    const { code, stderr } = await cli(
      args.map((arg) => (arg === "frames" || arg === "room" ? path.join(place, arg) : arg)),
      place,
    );
    expect(stderr).toMatch(/cannot use .*data.*: permission denied[\s\S]*PATH_UNUSABLE/);
    expect(code).toBe(2);
  });
});

describe("what the system says", () => {
  it("of an address that this machine does not have is for whoever wrote it", async () => {
    // [RFC 5737] nobody's.
    const error = await new Promise<Error>((resolve) =>
      createServer().once("error", resolve).listen(4711, "192.0.2.1"),
    );
    expect(known(error)).toMatchObject({
      code: "ADDRESS_UNUSABLE",
      message: "cannot listen on 192.0.2.1:4711: address not available",
      exit: 2,
      cause: error,
    });
  });

  it("of anything else is ours", () => {
    const gone = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), {
      code: "ENOENT",
      path: "/x",
    });
    expect(known(gone).code).toBe("INTERNAL");
    expect(known("thrown").message).toContain("thrown");
  });
});
