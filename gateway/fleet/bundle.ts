import { homedir } from "node:os";
import { stringify } from "yaml";
import { checkAudit } from "../audit.ts";
import type { Config } from "../config.ts";
import { reason } from "../errors.ts";
import { listFiles } from "./files.ts";
import { scrubbed, withoutAddresses, withoutSecrets } from "./hide.ts";
import { readSbom } from "./sbom.ts";
import type { TextFile } from "./tar.ts";
import { versions } from "./versions.ts";

/** One text of a support bundle, and what it tells. */
export interface BundleFile extends TextFile {
  readonly says: string;
}

/** What a bundle is made from. */
export interface BundleSources {
  /** Null where it cannot be loaded; `problem` then says why. */
  readonly config: Config | null;
  readonly problem: string | null;
  /** What the doctor found, a JSON line each; null where nobody asked it. */
  readonly findings: readonly object[] | null;
  /** Asks the gateway that runs; rejects when nobody answers. */
  readonly ask: ((path: string) => Promise<string>) | null;
  /** What must stand nowhere in it, wherever it came from. */
  readonly secrets: readonly string[];
  readonly now: number;
}

/**
 * What somebody needs who is to say what is wrong, and nothing about people: no store, journal, spool or log, no number
 * about the room. Each source is written for that by itself; the last step goes over all texts once more.
 */
export async function gatherBundle(sources: BundleSources): Promise<readonly BundleFile[]> {
  const { config, problem, findings, ask, secrets, now } = sources;
  const found: (BundleFile | null)[] = [
    config && file("config.yaml", "the config, defaults filled in, secrets taken out", yamlOf(config)),
    problem === null
      ? null
      : file("config-problem.txt", "why the config cannot be used", withoutAddresses(problem)),
    findings && file("doctor.jsonl", "what the doctor found", findings.map(aboutNobody).join("")),
    file("versions.json", "gateway, Node, system and packages", json(await versions())),
    ...(ask ? await askAll(ask) : []),
    config &&
      file("audit.txt", "what was written into the audit log and when", await auditKinds(config.dataFolder)),
    config && file("files.txt", "sizes of the files in the data folder", await listFiles(config.dataFolder)),
    await sbom(),
  ];
  const files = found.filter((each) => each !== null);
  const clean = (text: string) => withoutHome(scrubbed(text, secrets));
  return [readme(files, now), ...files].map((each) => ({ ...each, text: clean(each.text) }));
}

const file = (name: string, says: string, text: string): BundleFile => ({ name, says, text: endLine(text) });
const endLine = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const yamlOf = (config: Config) => stringify(withoutSecrets(config), { lineWidth: 0 });

/** A finding, without how many faces the doctor saw. */
const aboutNobody = (finding: object) =>
  `${JSON.stringify(withoutSecrets(finding))}\n`.replace(
    /(fewer than )?\d+ faces found/g,
    "faces were counted",
  );

/** A folder of somebody's is called after them. */
const withoutHome = (text: string) => (homedir().length > 1 ? text.replaceAll(homedir(), "~") : text);

async function askAll(ask: NonNullable<BundleSources["ask"]>): Promise<BundleFile[]> {
  const answer = async (path: string) =>
    withoutAddresses(await ask(path).catch((error) => `no answer: ${reason(error)}`));
  return [
    file("running/readyz.json", "whether the gateway that runs is ready", await answer("/readyz")),
    file("running/metrics.txt", "its metrics, without the room's", aboutTheGateway(await answer("/metrics"))),
  ];
}

/** Without what it measures in the room. */
const aboutTheGateway = (metrics: string) =>
  metrics
    .split("\n")
    .filter((line) => !/^(# \w+ )?focus_gateway_(focus|coverage)_/.test(line))
    .join("\n");

/** No more than times and kinds: what an entry is about may be a question somebody asked of the store. */
async function auditKinds(dataFolder: string): Promise<string> {
  const { entries, problems } = await checkAudit(dataFolder);
  return [...entries.map(({ time, kind }) => `${time}  ${kind}`), ...problems].join("\n");
}

async function sbom(): Promise<BundleFile | null> {
  const text = await readSbom();
  return text === null ? null : file("sbom.cdx.json", "all packages and models, with licences", text);
}

function readme(files: readonly BundleFile[], now: number): BundleFile {
  const lines = files.map(({ name, says }) => `  ${name.padEnd(22)} ${says}`);
  return file(
    "README.txt",
    "what is in it",
    `A focus gateway's support bundle of ${new Date(now).toISOString()}.

${lines.join("\n")}

Passwords, tokens, user names and all but the host of every address are taken out. Nothing that was seen, recorded or
said about the room is in it, and no log. Read it before you send it.
`,
  );
}
