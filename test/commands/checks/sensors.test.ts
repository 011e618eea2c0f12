import { expect, it } from "vitest";
import { sensorFindings, sensorsSchema } from "../../../gateway/commands/checks/sensors.ts";
import { SENSOR_STATES } from "../../../gateway/terms.ts";

const findings = (said: unknown) => sensorFindings(sensorsSchema.parse(said));

it("says what to do about each trouble that a gateway tells of a sensor, and nothing about one that is well", () => {
  const told = Object.fromEntries(SENSOR_STATES.map((state) => [state, { state, problem: "why" }]));
  const results = Object.fromEntries(
    findings(told).map(({ says, result, advice }) => [says.split(":")[0], [result, advice !== undefined]]),
  );
  expect(results).toEqual({
    opening: ["warning", true],
    ok: ["ok", false],
    lost: ["failed", true],
    paused: ["ok", false],
    stale: ["failed", true],
    implausible: ["failed", true],
    stuck: ["failed", true],
    low_battery: ["warning", true],
  });
  expect(findings({ "air-1": { state: "stale", problem: "nothing was heard of co2" } })).toMatchObject([
    { check: "sensor", says: "air-1: stale: nothing was heard of co2" },
  ]);
});

it("says nothing where an older gateway says nothing", () => {
  expect(findings(undefined)).toEqual([]);
});
