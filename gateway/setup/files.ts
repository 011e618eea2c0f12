import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { failure } from "../errors.ts";
import { replaceFile } from "../folders.ts";
import { type Authority, type Identity, issue, makeAuthority, whyRenew } from "./certificates.ts";

/** What became of one file. */
export type Outcome = "written" | "kept" | "unchanged" | "renewed" | "removed";

/** A folder that setup fills: what is somebody's own in it, or secret, is never written over. */
export interface Folder {
  /** A secret: the one that is there, or a new one from `make`. Only its owner may read it. */
  secret(file: string, make: () => string): Promise<string>;
  /** For a person to edit: written once, and made only then. */
  once(file: string, make: () => string | Promise<string>): Promise<Outcome>;
  /** Ours: written whenever it would be different. */
  ours(file: string, text: string, mode?: number): Promise<void>;
  /** A file, or a folder with all that is in it. */
  remove(file: string): Promise<void>;
  authority(name: string): Promise<Authority>;
  /**
   * A server's certificate `NAME.pem` with `NAME-key.pem`; made anew when it no longer holds. Rejects with USAGE where the
   * authority's key would be needed for that, and is not there.
   */
  identity(name: string, authority: Authority, names: readonly [string, ...string[]]): Promise<void>;
  /** Its absolute path. */
  readonly root: string;
  /** Everything that was asked for, in order. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Mode of what only its owner may read. */
export const PRIVATE = 0o600;
const PUBLIC = 0o644;

export async function openFolder(given: string, now: number): Promise<Folder> {
  const root = path.resolve(given);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const outcomes = new Map<string, Outcome>();

  const read = (file: string) =>
    readFile(path.join(root, file), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });

  /** Whole or not at all: a setup that is cut short leaves no half a secret behind. */
  async function write(file: string, text: string, mode: number): Promise<void> {
    const target = path.join(root, file);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await replaceFile(target, text, mode);
  }

  async function ours(file: string, text: string, mode = PUBLIC): Promise<void> {
    if ((await read(file)) === text) return void outcomes.set(file, "unchanged");
    await write(file, text, mode);
    outcomes.set(file, "written");
  }

  async function keep(name: string, identity: Identity, outcome: Outcome): Promise<Identity> {
    await write(`certificates/${name}-key.pem`, identity.key, PRIVATE);
    await write(`certificates/${name}.pem`, identity.certificate, PUBLIC);
    outcomes.set(`certificates/${name}.pem`, outcome);
    return identity;
  }

  return {
    root,
    outcomes,
    ours,
    async secret(file, make) {
      const there = (await read(file))?.trim();
      if (there) {
        outcomes.set(file, "kept");
        return there;
      }
      const made = make();
      await write(file, `${made}\n`, PRIVATE);
      outcomes.set(file, "written");
      return made;
    },
    async once(file, make) {
      const outcome = (await read(file)) === null ? "written" : "kept";
      if (outcome === "written") await write(file, await make(), PRIVATE);
      outcomes.set(file, outcome);
      return outcome;
    },
    async remove(file) {
      await rm(path.join(root, file), { recursive: true, force: true });
      outcomes.set(file, "removed");
    },
    async authority(name) {
      const certificate = await read("certificates/authority.pem");
      if (certificate === null) return keep("authority", await makeAuthority(name, now), "written");
      outcomes.set("certificates/authority.pem", "kept");
      return { certificate, key: await read("certificates/authority-key.pem") };
    },
    async identity(name, authority, names) {
      const file = `certificates/${name}.pem`;
      const certificate = await read(file);
      const key = await read(`certificates/${name}-key.pem`);
      const there = certificate !== null && key !== null;
      const why = there ? whyRenew({ certificate, key }, authority, names, now) : "it is not there";
      if (why === null) return void outcomes.set(file, "kept");
      if (authority.key === null)
        throw failure("USAGE", {
          problem: `${file} has to be signed (${why}): put certificates/authority-key.pem back for as long as that takes, or delete certificates/authority.pem for a new authority, which everybody then has to trust anew`,
        });
      const signer = { ...authority, key: authority.key };
      await keep(name, await issue(signer, names, now), there ? "renewed" : "written");
    },
  };
}
