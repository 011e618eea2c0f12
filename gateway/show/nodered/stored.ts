import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FlowNode } from "./flows.ts";
import { wellFormed } from "./school.ts";

/** Where nodes wait whose type is not here; Node-RED's own import takes it. */
const asideFile = (folder: string) => path.join(folder, "set-aside.json");

/**
 * Puts out of Node-RED's way what it would stumble over: files that are no JSON are renamed, entries that are no nodes are
 * left out, and which nodes an editor had switched off is forgotten, for the gateway's own flows need them. Gives a line
 * for each file that was renamed.
 */
export async function tidy(folder: string, now: number): Promise<string[]> {
  await rm(path.join(folder, ".config.nodes.json"), { force: true });
  const said: string[] = [];
  for (const name of ["flows.json", "flows_cred.json", ".config.runtime.json", ".config.users.json"]) {
    const file = path.join(folder, name);
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) continue;
    const content = parsed(text);
    const { nodes, refused } = name === "flows.json" ? wellFormed(content) : { nodes: null, refused: 0 };
    if (content !== undefined && refused === 0) continue;
    const damaged = `${name}.damaged-${new Date(now).toISOString().replaceAll(":", "")}`;
    await rename(file, path.join(folder, damaged));
    if (nodes && nodes.length > 0) await writeFile(file, JSON.stringify(nodes), { mode: 0o600 });
    const wrong = content === undefined ? "is no JSON" : `has ${refused} entries that are no nodes`;
    said.push(`${name} ${wrong}; as it was, it is kept as ${damaged}`);
  }
  return said;
}

/** Undefined when it is no JSON object or list. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What was set aside before: it is tried again at every start, for its nodes may have come since. */
export async function readAside(folder: string): Promise<FlowNode[]> {
  try {
    return wellFormed(JSON.parse(await readFile(asideFile(folder), "utf8"))).nodes;
  } catch {
    return [];
  }
}

export async function writeAside(folder: string, nodes: readonly FlowNode[]): Promise<void> {
  if (nodes.length === 0) return rm(asideFile(folder), { force: true });
  await writeFile(asideFile(folder), `${JSON.stringify(nodes, null, 2)}\n`, { mode: 0o600 });
}
