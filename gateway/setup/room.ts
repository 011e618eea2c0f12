import bcrypt from "bcryptjs";
import { stringify } from "yaml";
import type { Answers } from "./answers.ts";
import type { Authority } from "./certificates.ts";
import type { Folder } from "./files.ts";
import { typed } from "./secrets.ts";

/** A gateway by itself, with everything inside it. Returns what to do next. */
export async function setUpRoom(
  { site, rooms, hosts, camera }: Answers,
  folder: Folder,
  authority: Authority,
) {
  await folder.identity("gateway", authority, hosts as [string, ...string[]]);
  const [room] = rooms;
  const notes = await writeWithPage(folder, "certificates/", (live) => ({
    site,
    room,
    dataFolder: "data",
    cameras: [camera],
    show: { live },
  }));
  return [
    ...notes,
    `As a service: sudo packaging/install.sh --from RELEASE.tgz --config ${folder.root}; or, to try it first:`,
    "focus-gateway doctor --config gateway.yaml",
    "focus-gateway run --config gateway.yaml",
    `Teachers open https://${hosts[0]}:1880/live, user teacher, password in secrets/live-page-password; their devices have to trust certificates/authority.pem.`,
  ];
}

/** What a live page needs that others than this machine may open. */
export interface Page {
  readonly host: string;
  readonly tls: { readonly certificate: string; readonly key: string };
  readonly page: { readonly username: string; readonly passwordHash: string };
}

/**
 * Writes `gateway.yaml`, with the teacher's login in it, unless it is there.
 * @param certificates where the gateway will find its certificate.
 * Returns what is left to do when a login was made for a config that keeps its own.
 */
export async function writeWithPage(
  folder: Folder,
  certificates: string,
  config: (live: Page) => object,
): Promise<string[]> {
  const password = await folder.secret("secrets/live-page-password", typed);
  const hash = () => bcrypt.hash(password, 12);
  const outcome = await folder.once("gateway.yaml", async () =>
    configText(
      config({
        host: "0.0.0.0",
        tls: { certificate: `${certificates}gateway.pem`, key: `${certificates}gateway-key.pem` },
        page: { username: "teacher", passwordHash: await hash() },
      }),
    ),
  );
  if (outcome === "written" || folder.outcomes.get("secrets/live-page-password") === "kept") return [];
  return [`Your gateway.yaml still has the old password of the live page: passwordHash: ${await hash()}`];
}

export const configText = (config: object) =>
  `# Written once by \`focus-gateway setup\`; it is yours from here on. docs/config.md lists every key.\n${stringify(config)}`;
