import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A node as it stands in a flow; which other keys it has depends on its type. */
export interface FlowNode {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** What stands for `{ "setting": "drop.minutes" }` in a flow, by that name. */
export type FlowSettings = Readonly<Record<string, string | number | boolean>>;

/** The gateway's own nodes; everything else belongs to the school. */
export const isOurs = ({ id }: FlowNode) => id.startsWith("focus-gateway-");

/**
 * Reads the flows that come with the package: every folder under `flows/` with a `flow.json` is one. A value
 * `{ "file": "page.vue" }` in it stands for the text of the file beside it, so that a page is a readable source file and
 * not a JSON string; `{ "setting": "drop.minutes" }` for what the gateway's config says.
 */
export async function readFlows(source: string, settings: FlowSettings): Promise<FlowNode[]> {
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => path.basename(file) === "flow.json",
  );
  const flows = await Promise.all(
    files.sort().map(async (file) => {
      const folder = path.dirname(path.join(source, file));
      const nodes = JSON.parse(await readFile(path.join(source, file), "utf8")) as FlowNode[];
      return (await filled(nodes, folder, settings)) as FlowNode[];
    }),
  );
  return flows.flat();
}

async function filled(value: unknown, folder: string, settings: FlowSettings): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((inner) => filled(inner, folder, settings)));
  if (value === null || typeof value !== "object") return value;
  const { file, setting } = value as { file?: unknown; setting?: unknown };
  if (typeof file === "string") return readFile(path.join(folder, file), "utf8");
  if (typeof setting === "string") {
    if (settings[setting] === undefined)
      throw new Error(`a flow asks for the setting ${setting}, which there is not`);
    return settings[setting];
  }
  const entries = Object.entries(value).map(async ([key, inner]) => [
    key,
    await filled(inner, folder, settings),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

/** What is to run: the gateway's own nodes as the package has them, and what a school built beside them. */
export function withOurs(stored: readonly FlowNode[], ours: readonly FlowNode[]): FlowNode[] {
  return [...ours, ...stored.filter((node) => !isOurs(node))];
}
