import type { FlowNode } from "./flows.ts";

/** A school's own flows, sorted into what can run and what cannot. */
export interface Sorted {
  readonly run: readonly FlowNode[];
  /** Nodes of a type that is not here, with all that stands on their tabs. */
  readonly aside: readonly FlowNode[];
  /** What is wrong, in words. */
  readonly problems: readonly string[];
}

/** What the runtime knows without any node package. */
const STRUCTURE = ["tab", "subflow", "group", "global-config"];

/**
 * Sorts what a school stored. Node-RED starts nothing at all as long as one node anywhere is of a type that it does not
 * know (@node-red/runtime/lib/flows/index.js, `missingTypes`), disabled tabs included, so a tab with such a node must not
 * come near it. A subflow with one makes the tabs that use it such tabs too.
 */
export function sortSchool(nodes: readonly FlowNode[], knownTypes: ReadonlySet<string>): Sorted {
  const problems: string[] = [];
  const isAside = new Set<FlowNode>();
  for (let before = -1; before < isAside.size; ) {
    before = isAside.size;
    const places = new Set([...isAside].flatMap((node) => (isPlace(node) ? [node.id] : [node.z])));
    const subflows = new Set(
      nodes.filter((node) => node.type === "subflow" && !isAside.has(node)).map(({ id }) => `subflow:${id}`),
    );
    for (const node of nodes) {
      const type = node.type as string;
      const isKnown = STRUCTURE.includes(type) || knownTypes.has(type) || subflows.has(type);
      // Without a place it is a config node, and stands for itself.
      const shares = places.has(isPlace(node) ? node.id : node.z) && (isPlace(node) || node.z !== undefined);
      if (!isKnown || shares) isAside.add(node);
    }
  }
  const aside = nodes.filter((node) => isAside.has(node));
  const missing = [...new Set(aside.map(({ type }) => type as string))].filter(
    (type) => !STRUCTURE.includes(type) && !knownTypes.has(type) && !type.startsWith("subflow:"),
  );
  if (aside.length > 0) {
    const places = aside.filter(isPlace).map(({ label, name, id }) => `"${label ?? (name || id)}"`);
    const where = places.length > 0 ? `${places.join(", ")} of the school's flows` : "a node of the school's";
    problems.push(`${where} was set aside: there is no node ${missing.join(", ")} here`);
  }
  return { run: nodes.filter((node) => !isAside.has(node)), aside, problems };
}

const isPlace = ({ type }: FlowNode) => type === "tab" || type === "subflow";

/**
 * The nodes in what a file holds, each id once, and how many entries are none: a hand or a disk may have been at it, and
 * Node-RED reads no flows at all when there is one that is no node.
 */
export function wellFormed(stored: unknown): { nodes: FlowNode[]; refused: number } {
  if (!Array.isArray(stored)) return { nodes: [], refused: 1 };
  const byId = new Map<string, FlowNode>();
  for (const node of stored as unknown[]) {
    const { id, type, wires } = (node ?? {}) as { id?: unknown; type?: unknown; wires?: unknown };
    const isNode = typeof id === "string" && id !== "" && typeof type === "string";
    const isWired = wires === undefined || (Array.isArray(wires) && wires.every(Array.isArray));
    if (isNode && isWired && !byId.has(id)) byId.set(id, node as FlowNode);
  }
  return { nodes: [...byId.values()], refused: stored.length - byId.size };
}

const LEFT_OUT =
  "Switched off by the gateway: the process that runs the flows failed again and again while the school's flows ran. Mend what is wrong, then enable it again.";

/** The school's flows as they are kept when the process failed again and again: all there, and none of it running. */
export function switchedOff(nodes: readonly FlowNode[]): FlowNode[] {
  return nodes.map((node) => {
    if (node.type === "tab") return { ...node, disabled: true, info: withNote(node.info) };
    // A config node stands on no tab.
    return node.z === undefined && node.type !== "subflow" ? { ...node, d: true } : node;
  });
}

function withNote(info: unknown): string {
  const text = typeof info === "string" ? info : "";
  return text.includes(LEFT_OUT) ? text : `${LEFT_OUT}\n\n${text}`;
}

/** Whether any of it would run. */
export const runs = (nodes: readonly FlowNode[]) =>
  nodes.some(({ type, disabled }) => type === "tab" && !disabled);
