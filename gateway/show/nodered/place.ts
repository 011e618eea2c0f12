import { type FlowNode, isOurs, withOurs } from "./flows.ts";
import { RED, type RuntimeEvent } from "./runtime.ts";
import { runs, sortSchool, switchedOff } from "./school.ts";
import { readAside, writeAside } from "./stored.ts";

export interface Placement {
  /** Where Node-RED keeps its files. */
  readonly folder: string;
  readonly ours: readonly FlowNode[];
  /** The school's flows made the process fail again and again: they are kept, and none of them runs. */
  readonly leaveOut: boolean;
  readonly warn: (text: string) => void;
}

/**
 * Starts Node-RED and puts flows in place: the gateway's own as the package has them, and of the school's what can run.
 * The same again whenever somebody deploys a node that there is not, for then Node-RED stops everything.
 */
export async function placeFlows(placement: Placement): Promise<void> {
  // Safe mode loads what is stored and runs nothing; putting flows in place then ends it. A damaged file of credentials
  // is said before, without a state.
  const loaded = happened(({ id, payload }) => id === "runtime-state" && payload?.state !== undefined);
  await RED.start();
  await loaded;
  await place(placement);
  RED.events.on("runtime-event", ({ id, payload }) => {
    if (id === "runtime-state" && payload?.error === "missing-types")
      place(placement).catch((error: unknown) => placement.warn(String(error)));
  });
}

async function place({ folder, ours, leaveOut, warn }: Placement): Promise<void> {
  const stored = await RED.runtime.flows.getFlows({});
  if (!stored) throw new Error("the stored flows could not be read");
  const sets = await RED.runtime.nodes.getNodeList({});
  const known = new Set(sets.filter(({ enabled, err }) => enabled && !err).flatMap(({ types }) => types));
  const school = stored.flows.filter((node) => !isOurs(node));
  const { run, aside, problems } = sortSchool([...school, ...(await readAside(folder))], known);
  // First in the other file, then out of this one.
  await writeAside(folder, aside);
  for (const problem of problems) warn(problem);
  if (leaveOut && runs(run)) warn("the school's flows are switched off: see the editor, or docs/flows.md");

  const flows = withOurs(leaveOut ? switchedOff(run) : run, ours);
  const deployed = happened(({ id }) => id === "runtime-deploy");
  await RED.runtime.flows.setFlows({ flows: { flows }, deploymentType: "full" });
  await deployed;
}

/** Resolves at the first word from Node-RED's runtime for which `test` holds: its calls return before the work is done. */
function happened(test: (event: RuntimeEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    RED.events.on("runtime-event", (event) => {
      if (test(event)) resolve();
    });
  });
}
