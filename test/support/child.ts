import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { build } from "vite";
import { packageRoot } from "../../gateway/paths.ts";
import { launch } from "./programs.ts";

/**
 * Runs a TypeScript file as a process of its own, so that a test can end it as a power cut would. Node 20 runs no
 * TypeScript, so the file and what it imports of ours are put together first; packages are left outside.
 */
export async function startChild(file: string, args: readonly string[]): Promise<Child> {
  // Below node_modules, so that the packages are found from there; a folder for each file, as tests run side by side.
  const outDir = path.join(
    packageRoot,
    "node_modules",
    ".cache",
    "focus-gateway-tests",
    path.basename(file, ".ts"),
  );
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: file,
      outDir,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "child.mjs" } },
    },
  });
  const child = launch(process.execPath, [path.join(outDir, "child.mjs"), ...args]);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    process: child,
    lines: () => said.split("\n").slice(0, -1),
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await gone;
    },
  };
}

export interface Child {
  readonly process: ChildProcess;
  /** The whole lines it has written to standard output. */
  lines(): string[];
  kill(signal?: NodeJS.Signals): Promise<void>;
}
