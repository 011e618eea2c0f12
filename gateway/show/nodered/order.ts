import type { Said } from "../../terms.ts";
import type { FlowSettings } from "./flows.ts";
import type { Counts } from "./why.ts";

/**
 * What the gateway and the live page's process say to each other, over the channel between parent and child. Secrets
 * travel here and not as arguments or environment, which other users of the machine can read.
 */

/** What is played to the cameras, where it is no class that sits before them: the page must not pass for one. */
export type Played = "simulated" | "files" | null;

/** The order the parent gives right after the start: the first thing it says. */
export interface LiveOrder {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Folder for Node-RED's own files; only the gateway's user may read it. */
  readonly folder: string;
  /** The package's `flows/` folder. */
  readonly flows: string;
  /** Encrypts what a school's own flows keep as credentials. */
  readonly credentialSecret: string;
  readonly room: string;
  readonly played: Played;
  /** `classroom/v1/{site}/{room}` */
  readonly topics: string;
  /** Which targets count as focus, so that the page can say where the number comes from. */
  readonly counts: Counts;
  /** What stands in the package's flows for `{ "setting": … }`. */
  readonly settings: FlowSettings;
  /** `caFile`: the authority that signed the broker's certificate, in PEM. */
  readonly mqtt: Access & { readonly caFile?: string | undefined };
  /** Where flows may send something over HTTP, by name; nowhere else. */
  readonly destinations: Readonly<Record<string, Access & { readonly token?: string }>>;
  /** The school's flows made the process fail again and again: they are not to run. */
  readonly leaveOut: boolean;
  /** Who may see the page; null lets everybody in who reaches the port. */
  readonly page: Login | null;
  /** For HTTPS; null serves plain HTTP. */
  readonly tls: Certificate | null;
  /** Who may edit flows; null keeps the editor shut. */
  readonly editor: Login | null;
  /** Other origins under which the page is reached, as through a TLS proxy. */
  readonly origins: readonly string[];
}

/** Certificate and key, PEM. The process may not read their files: the parent does. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An address, and as whom. */
export interface Access {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface Login {
  readonly username: string;
  /** bcrypt */
  readonly passwordHash: string;
}

/** How far back the page can look: a double lesson, and no more. */
export const historyMs = 2 * 60 * 60 * 1000;

/** What the parent says. */
export type ParentWord =
  | { readonly word: "order"; readonly order: LiveOrder }
  /** The answer to `recall`. */
  | { readonly word: "past"; readonly past: readonly Said[] }
  /** Who connects from now on gets this one. */
  | { readonly word: "renewed"; readonly tls: Certificate };

/** What the child says. */
export type LiveWord =
  | { readonly word: "ready" }
  /** It listens now: what was said before? */
  | { readonly word: "recall" }
  | { readonly word: "up"; readonly port: number }
  | { readonly word: "failed"; readonly problem: string; readonly portInUse: boolean }
  | { readonly word: "log"; readonly level: "warn" | "error"; readonly text: string }
  | { readonly word: "alive"; readonly memoryMb: number; readonly busy: number };
