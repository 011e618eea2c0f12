import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";

/** A YAML text as a plain value, and where in the text what stands. */
export interface YamlText {
  readonly value: unknown;
  /** The line of a path's key; for what is not there (a missing key), of the nearest thing around it. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** What came of reading: it, or one line a problem with its place in the text. */
export type Read<T> = T | { readonly problems: readonly string[] };
export type YamlResult<T> = Read<{ readonly value: T }>;

/** Reads YAML. Nothing is thrown for bad text: it is somebody's typing, and they want all of it told at once. */
export function parseYaml(text: string): Read<YamlText> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems = document.errors.map(
    // Its own place is at the end of its first line; ours is at the beginning.
    (error) =>
      `line ${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "")}`,
  );
  visit(document, {
    Alias(_, alias) {
      // It may be somebody's password, and is not repeated.
      if (!alias.resolve(document) && alias.range)
        problems.push(
          `line ${lines.linePos(alias.range[0]).line}: a text that begins with * must stand in quotes`,
        );
    },
  });
  if (problems.length > 0) return { problems };
  return { value: document.toJS() ?? {}, lineOf: (path) => lineOf(document, lines, path) };
}

/**
 * Reads YAML and validates it. Problems read `line 12: cameras[0].framesPerSecond: expected number, received string`.
 */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): YamlResult<z.output<Schema>> {
  const read = parseYaml(text);
  if ("problems" in read) return read;
  const result = schema.safeParse(read.value);
  if (result.success) return { value: result.data };
  const problems = problemsOf(result.error)
    .map((problem) => ({ ...problem, line: read.lineOf(problem.path) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map(({ line, ...problem }) => `${line === null ? "" : `line ${line}: `}${textOf(problem)}`);
  return { problems };
}

/** What is wrong, where. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly says: string;
}

/** `cameras[0].name: expected string, received number` */
export const textOf = ({ path, says }: Problem): string =>
  `${path.length > 0 ? `${keyOf(path)}: ` : ""}${says}`;

/** What a schema has to say, in plain words. */
export const problemsOf = (error: z.ZodError): Problem[] => error.issues.flatMap((issue) => describe(issue));

function describe(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...issue.path, key], says: "there is no such key" }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the alternatives, the one that came closest: whose first complaint lies deepest.
    const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0]!;
    if (depth(closest) > 0) {
      return closest.flatMap(describe).map(({ path, says }) => ({ path: [...issue.path, ...path], says }));
    }
  }
  const says = issue.message
    .replace(/^Invalid (input|option): /, "")
    .replace(/^expected (\w+), received undefined$/, "it is missing (expected $1)");
  return [{ path: issue.path, says }];
}

const depth = (issues: readonly z.core.$ZodIssue[]) =>
  Math.max(0, ...issues.map((issue) => issue.path.length));

/** `["cameras", 0, "name"]` → `cameras[0].name` */
const keyOf = (path: readonly PropertyKey[]) =>
  path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
    .join("");

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (isScalar(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
    }
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
