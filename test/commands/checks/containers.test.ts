import { expect, it } from "vitest";
import { containerFindings, containersIn } from "../../../gateway/commands/checks/containers.ts";

/** As `docker compose ps --all --format json` has them; Docker cannot run here. */
const line = (Service: string, State: string, more: object = {}) =>
  JSON.stringify({ ID: "a1", Name: `focus-${Service}-1`, Service, State, Health: "", ExitCode: 0, ...more });
const well = [
  line("handover", "exited"),
  line("gateway", "running", { Health: "healthy" }),
  line("mosquitto", "running"),
];

it.each([
  ["a line each", `${well.join("\n")}\n`],
  ["one list, before Compose 2.21", `[${well.join(",")}]\n`],
])("reads what Compose prints as %s", (_, text) => {
  expect(containerFindings(containersIn(text))).toEqual([
    { check: "containers", result: "ok", says: "3, none of them in trouble" },
  ]);
});

it("names each container that is in trouble, and where it says why", () => {
  const ill = [
    ...well,
    line("influxdb", "restarting"),
    line("grafana", "running", { Health: "unhealthy" }),
    line("accounts", "exited", { ExitCode: 1 }),
  ];
  const findings = containerFindings(containersIn(ill.join("\n")));
  expect(findings.map(({ result, says }) => [result, says])).toEqual([
    ["failed", "influxdb: restarting"],
    ["failed", "grafana: running, unhealthy"],
    ["failed", "accounts: exited with 1"],
  ]);
  expect(findings[0]!.advice).toContain("docker compose logs influxdb");
});

it("says so when none has been started", () => {
  expect(containerFindings(containersIn("\n"))).toMatchObject([{ result: "warning" }]);
});
