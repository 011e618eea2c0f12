import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import type { Logger } from "../log.ts";
import { loopback, port } from "../options.ts";
import { packageRoot } from "../paths.ts";
import type { Clock, Said } from "../terms.ts";
import { checkExposure, readTls, renewTls, type TlsMaterial, tlsOptions } from "../tls.ts";
import { type FlowsOptions, flowsOptions, planFlows } from "./flows.ts";
import type { Certificate, LiveOrder, Played } from "./nodered/order.ts";
import { keepRunning } from "./nodered/process.ts";
import type { Counts } from "./nodered/why.ts";

const passwordHash = () =>
  z
    .string()
    .regex(/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/, "not a bcrypt hash")
    .meta({ secret: true });

const login = (username: string) =>
  z.strictObject({
    username: z.string().min(1).default(username).describe("Name to log in with."),
    passwordHash: passwordHash().describe(
      "bcrypt hash of the password: `npx node-red admin hash-pw` makes one.",
    ),
  });

export const liveOptions = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether to run the live page."),
  host: z.string().default(loopback).describe("Address to listen on."),
  port: port().default(1880).describe("Port to listen on."),
  tls: tlsOptions.optional().describe("Serve the page by HTTPS; needed as soon as `host` is not loopback."),
  page: login("teacher")
    .optional()
    .describe("Who may see the live page; needed as soon as `host` is not loopback."),
  editor: login("admin")
    .optional()
    .describe("Who may edit flows under /editor. Without it there is no editor."),
  origins: z
    .array(z.url({ protocol: /^https?$/ }))
    .default([])
    .describe(
      "Other addresses the page is reached under, as through a TLS proxy: `https://focus.school.example`.",
    ),
});

export type LiveOptions = z.infer<typeof liveOptions>;

export interface LiveSurroundings {
  readonly mqtt: LiveOrder["mqtt"];
  readonly site: string;
  readonly room: string;
  /** What is played to the cameras instead of a class; nothing, when left out. */
  readonly played?: Played;
  /** Which targets count as focus during each activity. */
  readonly counts: Counts;
  /** What the package's flows do; as they come, when left out. */
  readonly flows?: FlowsOptions;
  /** What was published about the room since then, ms since the Unix epoch; nothing, when left out. */
  readonly past?: (since: number) => Promise<readonly Said[]>;
  readonly dataFolder: string;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface LivePage {
  /** Where a person opens it. */
  readonly url: string;
  /** Where flows are edited, or null while the editor is shut. */
  readonly editorUrl: string | null;
  state(): "starting" | "up" | "failed";
  /** How often the process was started again. */
  restarts(): number;
  /** Resident memory of the process in MB; null while there is none. */
  memoryMb(): number | null;
  /** Whether the school's own flows were left out, because the process failed again and again with them. */
  leftOut(): boolean;
  close(): Promise<void>;
}

/**
 * Starts Node-RED with the live page in a process of its own, and keeps it running. Resolves when the page is up, or
 * when its first start failed for a reason that trying again may mend (state `failed`, said in the log).
 * Throws PORT_IN_USE, EXPOSED_WITHOUT_CREDENTIALS, EXPOSED_WITHOUT_TLS, TLS_UNREADABLE.
 */
export async function openLivePage(options: LiveOptions, surroundings: LiveSurroundings): Promise<LivePage> {
  const { host, page = null, editor = null, origins, tls } = options;
  const { mqtt, site, room, counts, dataFolder, log, clock, past = async () => [] } = surroundings;
  checkExposure("show.live.host", host, { credentials: page !== null, tls });
  const material = tls && (await readTls(tls));

  const folder = path.join(dataFolder, "node-red");
  const root = `classroom/v1/${site}/${room}`;
  const order: LiveOrder = {
    host,
    port: options.port,
    folder,
    flows: path.join(packageRoot, "flows"),
    credentialSecret: await credentialSecret(folder),
    room,
    played: surroundings.played ?? null,
    topics: root,
    counts,
    mqtt,
    page,
    tls: material ? inPem(material) : null,
    editor,
    origins,
    leaveOut: false,
    ...planFlows(surroundings.flows ?? flowsOptions.parse({}), { site, room, root }),
  };
  const running = await keepRunning(order, { log, clock, past });
  const renewing =
    material &&
    renewTls(
      tls,
      material,
      {
        setSecureContext(renewed) {
          // Thrown here, what does not fit together never reaches the process, nor the next one in its place.
          createSecureContext(renewed);
          running.renew(inPem(renewed));
        },
      },
      (error) => log.warn({ err: error }, "the live page keeps its old certificate"),
    );
  const address = () =>
    `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${running.port()}`;
  return {
    get url() {
      return `${address()}/live`;
    },
    get editorUrl() {
      return editor && `${address()}/editor`;
    },
    state: running.state,
    restarts: running.restarts,
    memoryMb: running.memoryMb,
    leftOut: running.leftOut,
    close() {
      renewing?.close();
      return running.close();
    },
  };
}

const inPem = ({ cert, key }: TlsMaterial): Certificate => ({ cert: String(cert), key: String(key) });

/** The key to the credentials in a school's own flows: random, made once, readable by the gateway's user only. */
async function credentialSecret(folder: string): Promise<string> {
  const file = path.join(folder, "credential-secret");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const known = (await readFile(file, "utf8")).trim();
    // Empty after a power cut: Node-RED would then make a key of its own and keep it beside what it locks.
    if (known !== "") return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = randomBytes(32).toString("base64url");
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
