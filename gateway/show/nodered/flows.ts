import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** A node as it stands in a flow file; which other keys it has depends on its type. */
interface FlowNode {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** The gateway's own nodes; everything else in a flow file belongs to the school. */
const isOurs = ({ id }: FlowNode) => id.startsWith("focus-gateway-");

/**
 * Puts the flows of the package into Node-RED's folder. Each folder under `flows/` with a `flow.json` is one flow; a
 * value `{ "file": "page.vue" }` in it stands for the text of the file beside it, so that a page is a readable source
 * file and not a JSON string. The gateway's own nodes are replaced at every start, a school's own are kept.
 */
export async function placeFlows(source: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const file = path.join(folder, "flows.json");
  const kept = (await read(file)).filter((node) => !isOurs(node));
  const ours = await packageFlows(source);
  await writeFile(file, JSON.stringify([...ours, ...kept], null, 2), { mode: 0o600 });
}

async function packageFlows(source: string): Promise<FlowNode[]> {
  const folders = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const flows = await Promise.all(
    folders.map(async ({ name }) => {
      const nodes = await read(path.join(source, name, "flow.json"));
      return Promise.all(nodes.map((node) => withFiles(node, path.join(source, name))));
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

/** The nodes in a flow file; none when there is no such file. */
async function read(file: string): Promise<FlowNode[]> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as FlowNode[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
