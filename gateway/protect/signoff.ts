import { readFile } from "node:fs/promises";
import { z } from "zod";
import { failure, reason } from "../errors.ts";
import { readYaml } from "../yaml.ts";
import { epochOf } from "./wallTime.ts";

/** What somebody has written in place of what the template has in square brackets. */
const words = (least: number, wanted: string) =>
  z
    .string()
    .trim()
    .min(least, wanted)
    .refine((text) => !/^\[.*\]$/s.test(text), `${wanted}: this is still the template's`);
const name = () => words(3, "a name is needed");
/** A day on the calendar at the school, from midnight to midnight; ms since the epoch, `[begins, ends)`. */
const day = (what: string) =>
  z.iso
    .date("a day is needed, as 2026-11-23")
    .transform((text) => ({ begins: midnight(text, 0), ends: midnight(text, 1) }))
    .describe(what);

function midnight(date: string, later: number): number {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  return epochOf({ year, month, day: day + later, hour: 0, minute: 0, second: 0 });
}

/** A statement by which somebody answerable allows something, in YAML. `docs/templates/` holds ones to start from. */
export const signoffSchema = z.strictObject({
  allows: z.enum(["research", "eu"]).describe("The profile that it allows."),
  site: z.string().min(1).describe("The school, as in the config."),
  rooms: z.array(z.string().min(1)).min(1).describe("The rooms that it covers, as in the config."),
  basis: words(20, "say in a sentence on what basis").describe(
    "On what legal basis, or by which assessment, and where that is kept.",
  ),
  assessedBy: name().describe("Who wrote the assessment."),
  signedBy: name().describe("Who answers for it: not the one who wrote it."),
  role: name().describe("In what role: head of school, data-protection officer."),
  signedOn: day("When it was signed."),
  validUntil: day("The last day on which it holds."),
});
export type Signoff = z.output<typeof signoffSchema>;

/**
 * Reads a sign-off and checks that it allows that profile in that room at that moment. Throws SIGNOFF_INVALID with
 * everything that is wrong with it.
 */
export async function readSignoff(
  file: string,
  wanted: { readonly profile: Signoff["allows"]; readonly site: string; readonly room: string },
  now: number,
): Promise<Signoff> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw failure("SIGNOFF_INVALID", { file, problems: [`it cannot be read: ${reason(error)}`] }, error);
  });
  const result = readYaml(text, signoffSchema);
  const problems = "problems" in result ? result.problems : shortcomings(result.value, wanted, now);
  if (problems.length > 0) throw failure("SIGNOFF_INVALID", { file, problems });
  return (result as { value: Signoff }).value;
}

function shortcomings(
  signoff: Signoff,
  { profile, site, room }: { profile: string; site: string; room: string },
  now: number,
): string[] {
  const { allows, rooms, assessedBy, signedBy, signedOn, validUntil } = signoff;
  const problems: string[] = [];
  if (allows !== profile) problems.push(`it allows ${allows}, not ${profile}`);
  if (signoff.site !== site) problems.push(`it is about ${signoff.site}, not ${site}`);
  if (!rooms.includes(room)) problems.push(`it does not cover ${room}`);
  if (assessedBy.toLowerCase() === signedBy.toLowerCase())
    problems.push("nobody signs for their own assessment");
  if (now < signedOn.begins) problems.push("it was signed in the future");
  if (now >= validUntil.ends) problems.push("it has run out");
  return problems;
}
