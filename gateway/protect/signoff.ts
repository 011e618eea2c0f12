import { readFile } from "node:fs/promises";
import { z } from "zod";
import { failure, reason } from "../errors.ts";
import { readYaml } from "../yaml.ts";

const name = () => z.string().trim().min(3, "a name is needed");
const day = (what: string) =>
  z.iso
    .date("a day is needed, as 2026-11-23")
    .transform((text) => Date.parse(`${text}T00:00:00Z`))
    .describe(what);

/** A statement by which somebody answerable allows something, in YAML. `docs/templates/` holds ones to start from. */
export const signoffSchema = z.strictObject({
  allows: z.enum(["research", "eu"]).describe("The profile that it allows."),
  site: z.string().min(1).describe("The school, as in the config."),
  rooms: z.array(z.string().min(1)).min(1).describe("The rooms that it covers, as in the config."),
  basis: z
    .string()
    .trim()
    .min(20, "say in a sentence on what basis")
    .describe("On what legal basis, or by which assessment, and where that is kept."),
  assessedBy: name().describe("Who wrote the assessment."),
  signedBy: name().describe("Who answers for it: not the one who wrote it."),
  role: name().describe("In what role: head of school, data-protection officer."),
  signedOn: day("When it was signed."),
  validUntil: day("The last day on which it holds."),
});
export type Signoff = z.output<typeof signoffSchema>;

const DAY_MS = 86_400_000;

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
  if (now < signedOn) problems.push("it was signed in the future");
  if (now >= validUntil + DAY_MS) problems.push("it has run out");
  return problems;
}
