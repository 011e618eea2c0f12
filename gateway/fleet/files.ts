import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** Folders in which people name files: no more than their size is told. */
const NAMED_BY_PEOPLE = ["node-red"];

interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly time: number;
}

/** The files of a data folder, a line each: bytes, when it was last written, name. Empty when there is no such folder. */
export async function listFiles(dataFolder: string): Promise<string> {
  const sizes = await sizesIn(dataFolder);
  const shown = sizes.filter(({ name }) => !lumpOf(name));
  const lumps = NAMED_BY_PEOPLE.flatMap((folder) => {
    const inside = sizes.filter(({ name }) => lumpOf(name) === folder);
    if (inside.length === 0) return [];
    const bytes = inside.reduce((sum, file) => sum + file.bytes, 0);
    const time = Math.max(...inside.map((file) => file.time));
    return [{ name: `${folder}/ (${inside.length} files)`, bytes, time }];
  });
  return [...shown, ...lumps]
    .map(({ name, bytes, time }) => `${String(bytes).padStart(12)}  ${new Date(time).toISOString()}  ${name}`)
    .join("\n");
}

const lumpOf = (name: string) => NAMED_BY_PEOPLE.find((folder) => name.startsWith(`${folder}${path.sep}`));

async function sizesIn(folder: string): Promise<Size[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<Size[]> => {
      const place = path.join(entry.parentPath, entry.name);
      // A file of the spool may be gone by now.
      const found = await stat(place).catch(() => null);
      return found ? [{ name: path.relative(folder, place), bytes: found.size, time: found.mtimeMs }] : [];
    });
  return (await Promise.all(sizes)).flat().sort((a, b) => a.name.localeCompare(b.name));
}
