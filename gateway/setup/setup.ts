import { stringify } from "yaml";
import { ANSWERS_FILE, type Answers } from "./answers.ts";
import { type Outcome, openFolder, PRIVATE } from "./files.ts";
import { setUpRoom } from "./room.ts";
import { setUpBox, setUpSchool } from "./school.ts";

export interface SetUp {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** What to do next, line by line. */
  readonly next: readonly string[];
}

/**
 * Fills a folder with configs, secrets, certificates and access lists. Asked again it makes what is missing, renews what
 * runs out, and leaves alone what is secret or was edited.
 * @param root the folder; made, for its owner only, when it is not there.
 * @param gone rooms of a school whose accounts are to go.
 */
export async function setUp(
  answers: Answers,
  root: string,
  now: number,
  gone: readonly string[] = [],
): Promise<SetUp> {
  const folder = await openFolder(root, now);
  const authority = await folder.authority(`Focus gateways of ${answers.site}`);
  const setUpLayout = { room: setUpRoom, box: setUpBox, school: setUpSchool }[answers.layout];
  const next = await setUpLayout(answers, folder, authority, gone);
  // Last: what was answered holds when it was done. A camera's address may have its password in it.
  const text = `# What \`focus-gateway setup\` was told; asked again it goes by this.\n${stringify(answers)}`;
  await folder.ours(ANSWERS_FILE, text, PRIVATE);
  return { outcomes: folder.outcomes, next };
}
