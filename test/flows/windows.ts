import { createRequire } from "node:module";
import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";

/** The package of our own nodes. */
export const nodesFolder = path.join(packageRoot, "flows", "nodes");
const require = createRequire(import.meta.url);
/** A file of that package: it is CommonJS, as Node-RED wants its nodes. */
export const ofNodes = (file: string) => require(path.join(nodesFolder, file));

export const nine = Date.parse("2026-11-23T09:00:00Z");

/** The payload of `focus` for the ten seconds that end at that time. */
export const windowAt = (time: number, changes: object = {}) => ({
  time: new Date(time).toISOString(),
  window_s: 10,
  focus: 0.8,
  low: 0.75,
  high: 0.85,
  coverage: 0.9,
  activity: "lecture",
  lesson: null,
  quality: "ok",
  ...changes,
});
export type WindowPayload = ReturnType<typeof windowAt>;
