import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "./paths.ts";

/** The program's version, as package.json has it. */
export const version: string = JSON.parse(
  readFileSync(path.join(packageRoot, "package.json"), "utf8"),
).version;
