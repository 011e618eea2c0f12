import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { failure } from "../errors.ts";
import { readYaml } from "../yaml.ts";

const place = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "small letters, digits and hyphens only, 63 at most");

/**
 *  - `room`: a gateway by itself, with everything inside it;
 *  - `box`: one machine with gateway, Mosquitto, InfluxDB and Grafana in containers;
 *  - `school`: one machine with Mosquitto, InfluxDB and Grafana, and a gateway in each room.
 */
export const LAYOUTS = ["room", "box", "school"] as const;

export const answersSchema = z
  .strictObject({
    layout: z.enum(LAYOUTS),
    site: place,
    rooms: z.array(place).min(1),
    /** Host names and addresses by which the machine is reached; the first goes into configs and links. */
    hosts: z.array(z.union([z.hostname(), z.ipv4()])).min(1),
    /** One camera a room, to begin with. */
    camera: z.record(z.string(), z.unknown()),
  })
  .refine(({ layout, rooms }) => layout === "school" || rooms.length === 1, {
    path: ["rooms"],
    message: "one room; several are a school",
  });
export type Answers = z.output<typeof answersSchema>;

/** Where they are kept for the next time: whoever renews a certificate in two years has forgotten them. */
export const ANSWERS_FILE = "answers.yaml";

/** What was answered when this folder was set up; null where nothing was. Throws USAGE, or as reading a file does. */
export async function readAnswers(root: string): Promise<Answers | null> {
  const file = path.join(root, ANSWERS_FILE);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const result = readYaml(text, answersSchema);
  if ("problems" in result) throw failure("USAGE", { problem: `${file}: ${result.problems.join("; ")}` });
  return result.value;
}
