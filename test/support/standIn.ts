import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./places.ts";

/** Until the test ends, a shell script goes by that program's name; none does when it is null, nor any other program. */
export async function standIn(program: string, script: string | null): Promise<void> {
  const folder = await temporaryFolder();
  if (script !== null) {
    await writeFile(path.join(folder, program), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(folder, program), 0o755);
  }
  vi.stubEnv("PATH", script === null ? folder : `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}
