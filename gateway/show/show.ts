import { z } from "zod";
import { flowsOptions } from "./flows.ts";
import { healthOptions } from "./health.ts";
import { liveOptions } from "./live.ts";

/** Show: the page people look at, and what machines ask. This is the step's public face. */

export const showOptions = z.strictObject({
  live: liveOptions.prefault({}).describe("The live page (Node-RED with its dashboard)."),
  flows: flowsOptions.prefault({}).describe("What the flows do that come with the gateway (docs/flows.md)."),
  health: healthOptions.prefault({}).describe("/healthz, /readyz and /metrics."),
});

export { type HealthServer, openHealthServer } from "./health.ts";
export { type LivePage, openLivePage } from "./live.ts";
export type { CameraReport, StatusReport } from "./report.ts";
export { readVitals, type Vitals } from "./vitals.ts";
