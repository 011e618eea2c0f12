#!/usr/bin/env -S node --max-semi-space-size=2
import { existsSync } from "node:fs";

const program = new URL("../dist/gateway/main.js", import.meta.url);
if (!existsSync(program)) {
  process.stderr.write(
    "focus-gateway has not been built yet: run `npm ci` (or `npm run build`) in its folder first.\n",
  );
  process.exit(1);
}
await import(program.href);
