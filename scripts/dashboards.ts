import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../gateway/paths.ts";
import { generatedFiles } from "../provisioning/files.ts";

/**
 * Writes Grafana's dashboards and alert rules. With --check it writes nothing and fails when a file is not what it
 * would write.
 */
const check = process.argv.includes("--check");
for (const [file, text] of generatedFiles()) {
  const place = path.join(packageRoot, "provisioning", "grafana", file);
  if (check) {
    if (readOr(place) === text) continue;
    console.error(`provisioning/grafana/${file} is not up to date: run \`npm run dashboards\``);
    process.exitCode = 1;
  } else {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
}

function readOr(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
