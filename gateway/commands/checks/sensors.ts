import { z } from "zod";
import { SENSOR_STATES, type SensorState } from "../../terms.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** What `/readyz` says of each sensor; a gateway of an older version says nothing. */
export const sensorsSchema = z
  .record(z.string(), z.object({ state: z.enum(SENSOR_STATES), problem: z.string().optional() }))
  .default({});

type Told = z.output<typeof sensorsSchema>[string];

/** A line a sensor, from what the gateway that hears them says. */
export const sensorFindings = (sensors: Readonly<Record<string, Told>>): Finding[] =>
  Object.entries(sensors).map(([name, told]) => findingOf(name, told));

function findingOf(name: string, { state, problem }: Told): Finding {
  if (state === "ok") return ok("sensor", `${name}: in order, says the gateway that runs`);
  if (state === "paused") return ok("sensor", `${name}: not heard on purpose, says the gateway that runs`);
  const says = `${name}: ${state}${problem ? `: ${problem}` : ""}`;
  // It measures all the same; one that has just been opened may have nothing to say yet.
  const judge = state === "low_battery" || state === "opening" ? warning : failed;
  return judge("sensor", says, ADVICE[state]);
}

/** What to do about a sensor that is not well. */
const ADVICE: Readonly<Record<Exclude<SensorState, "ok" | "paused">, string>> = {
  opening:
    "It has said nothing yet: ask again. Sensors on a battery speak seldom; `focus-gateway sensors scan` shows who speaks.",
  lost: "Check cable, power, address and rights, and that its hub runs.",
  stale:
    "Check its battery and how far it is from its hub. If it is meant to speak more seldom, raise `staleAfterSeconds`.",
  stuck: "Switch it off and on. If it happens again, it is broken.",
  implausible: "Check its settings (unit, register, field) and the device; docs/sensors.md has the ranges.",
  low_battery: "Change its battery.",
};
