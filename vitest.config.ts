import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest, 90 s down to 11, by its path under test/: it begins first, so that nobody waits for one file at the end. */
const LONGEST = [
  "commands/run.",
  "bench/faults",
  "rehearse",
  "eye/capture/rtsp",
  "privacy/guard",
  "commands/doctor",
  "eye/eye.",
  "commands/live",
  "commands/analyse",
  "install/install",
  "commands/sensors",
  "show/nodered/isolation",
  "commands/runOutside",
  "show/live.",
  "show/liveStates",
  "privacy/canary",
  "eye/capture/http",
  "fleet/bundle",
  "models/tune",
  "models/check",
  "quiet",
  "privacy/seats",
  "models/calibrate",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/temporary.ts"],
    // Real servers, native libraries and networks: processes rather than threads. Three on two cores, for most of them
    // spend their time waiting for what they started.
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Where scripts/setup-tests.js puts the model pack.
    env: { FOCUS_GATEWAY_DATA: new URL("node_modules/.cache/focus-gateway", import.meta.url).pathname },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
