// Compiles the TypeScript into dist/. Runs by itself at the end of `npm ci`; does nothing where the compiler was left out
// (`npm ci --omit=dev`), because there dist/ came with the package.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = `${root}/node_modules/typescript/bin/tsc`;
if (existsSync(compiler)) {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  execFileSync(process.execPath, [compiler, "-p", `${root}/tsconfig.json`], { stdio: "inherit", cwd: root });
}
