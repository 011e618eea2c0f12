import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A node as it stands in a flow; which other keys it has depends on its type. */
export interface FlowNode {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** The gateway's own nodes; everything else belongs to the school. */
const isOurs = ({ id }: FlowNode) => id.startsWith("focus-gateway-");

/**
 * Reads the flows that come with the package. Each folder under `flows/` with a `flow.json` is one flow; a value
 * `{ "file": "page.vue" }` in it stands for the text of the file beside it, so that a page is a readable source file and
 * not a JSON string.
 */
export async function readFlows(source: string): Promise<FlowNode[]> {
  const folders = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const flows = await Promise.all(
    folders.map(async ({ name }) => {
      const folder = path.join(source, name);
      const nodes = JSON.parse(await readFile(path.join(folder, "flow.json"), "utf8")) as FlowNode[];
      return Promise.all(nodes.map((node) => withFiles(node, folder)));
    }),
  );
  return flows.flat();
}

async function withFiles(node: FlowNode, folder: string): Promise<FlowNode> {
  const entries = Object.entries(node).map(async ([key, value]) => {
    const file = (value as { file?: unknown } | null)?.file;
    return [key, typeof file === "string" ? await readFile(path.join(folder, file), "utf8") : value];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** What is to run: the gateway's own nodes as the package has them, and what a school built beside them. */
export function withOurs(stored: readonly FlowNode[], ours: readonly FlowNode[]): FlowNode[] {
  return [...ours, ...stored.filter((node) => !isOurs(node))];
}
