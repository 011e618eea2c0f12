import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real servers, native libraries and networks: processes rather than threads, and two at a time on two cores.
    pool: "forks",
    maxWorkers: 2,
    // Where scripts/setup-tests.js puts the model pack.
    env: { FOCUS_GATEWAY_DATA: new URL("node_modules/.cache/focus-gateway", import.meta.url).pathname },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
