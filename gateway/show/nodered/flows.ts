import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { readPage } from "./page.ts";

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
 * Reads the flows that come with the package: every folder under `flows/` with a `flow.json` is one. In it
 * `{ "setting": "drop.minutes" }` stands for what the gateway's config says, `{ "file": "press.js" }` for the text of the file
 * beside it, and `{ "sources": "page" }` for a page put together of files beside it (`page.ts`): readable sources and no
 * JSON strings.
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
  const { file, sources, setting } = value as { file?: unknown; sources?: unknown; setting?: unknown };
  if (typeof file === "string") return readFile(path.join(folder, file), "utf8");
  if (typeof sources === "string") return readPage(folder, sources);
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
