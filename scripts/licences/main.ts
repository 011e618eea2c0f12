import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";
import { licenceProblems, scriptProblems } from "./check.ts";
import { lockedPackages } from "./packages.ts";

/** `npm run check:licences`: fails with a line for each package nobody has decided about. Reads the lock file only. */
const packages = lockedPackages();
const { allowScripts } = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8"));
const problems = [...licenceProblems(packages), ...scriptProblems(packages, allowScripts)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
