import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Around a whole run of the tests (vitest's `globalSetup`): one place for all that is put into temporary folders, by the tests
 * and by what they start, which is removed at the end. Returns what removes it.
 */
export default async function (): Promise<() => Promise<void>> {
  const before = process.env.TMPDIR;
  const place = await mkdtemp(path.join(tmpdir(), "focus-gateway-tests-"));
  await chmod(place, 0o755); // servers that give up root go through it
  process.env.TMPDIR = place;
  return async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
  };
}
