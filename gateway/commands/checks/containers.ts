import { access } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { askProgram } from "./ask.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const schema = z.object({
  Service: z.string(),
  State: z.string(),
  Health: z.string().default(""),
  ExitCode: z.int().default(0),
});
type Container = z.output<typeof schema>;

/** The containers of the folder that setup has filled, if the config stands in one; nothing where there is no Docker. */
export async function checkContainers(configFile: string | undefined): Promise<Finding[]> {
  const folder = path.dirname(path.resolve(configFile ?? "."));
  const isOurs = await access(path.join(folder, ".env")).then(
    () => true,
    () => false,
  );
  if (configFile === undefined || !isOurs) return [];
  const said = await askProgram("docker", ["compose", "ps", "--all", "--format", "json"], folder);
  return said === null ? [] : containerFindings(containersIn(said));
}

/** One list, or, since Compose 2.21, a line each. */
export function containersIn(text: string): Container[] {
  const values = text
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line) as unknown);
  return z.array(schema).parse(values);
}

export function containerFindings(containers: readonly Container[]): Finding[] {
  if (containers.length === 0)
    return [
      warning("containers", "none has been started", "`sudo docker compose up -d` in the config's folder."),
    ];
  const ill = containers.filter(
    // `handover` does its work and is done.
    ({ State, Health, ExitCode }) =>
      Health === "unhealthy" || (State !== "running" && !(State === "exited" && ExitCode === 0)),
  );
  if (ill.length === 0) return [ok("containers", `${containers.length}, none of them in trouble`)];
  return ill.map(({ Service, State, Health, ExitCode }) =>
    failed(
      "containers",
      `${Service}: ${State}${State === "exited" ? ` with ${ExitCode}` : ""}${Health ? `, ${Health}` : ""}`,
      `\`docker compose logs ${Service}\` says why.`,
    ),
  );
}
