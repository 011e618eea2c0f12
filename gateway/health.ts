/** The words for how the gateway does, as `gateway/health` and `/metrics` say it. They are a part of `terms.ts`. */
import type { CameraState, Engine } from "./terms.ts";

/** How one database is doing, in points. */
export interface SinkHealth {
  /** It took the last points that it was given. */
  readonly ok: boolean;
  /** On disk, and not written to it yet. */
  readonly backlog: number;
  /** It will never take them; they are in the dead letters. */
  readonly refused: number;
  /** Gone before it could have them: it was away for longer than the journal may hold. */
  readonly lost: number;
}

/** How the process that looks is doing. */
export interface EyeHealth {
  /** Share of all processors that it uses, 0–1; null before it is known. */
  readonly cpuShare: number | null;
  /** The most frames a second it may look at so as to stay within its share; null while cameras set the pace. */
  readonly framesPerSecondLimit: number | null;
  /** A provider that is still building its engines, while `engine` serves. */
  readonly building: Engine["provider"] | null;
  /** Providers that were to be preferred and do not run, and why. */
  readonly refused: Readonly<Partial<Record<Engine["provider"], string>>>;
}

/** Which config the gateway runs with: the one it was given, or the last that ran well because that one did not. */
export type ConfigSource = "as_given" | "last_good";

/**
 * How the process with the live page and the flows is doing. `left_out`: it runs without the school's own flows, with which it
 * failed again and again. `off`: it is not wanted.
 */
export type FlowsState = "starting" | "ok" | "left_out" | "failed" | "off";

/** How the gateway itself is doing. Nothing in it is about people. Null is "not known here". */
export interface Health {
  readonly time: number;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly engine: Engine | null;
  /** Left out until the eye is up. */
  readonly eye?: EyeHealth;
  /** As in a window. */
  readonly model: string | null;
  readonly perception: string | null;
  readonly framesPerSecond: number | null;
  /** Since the last picture that was looked at, of the camera that is furthest behind. */
  readonly frameAgeSeconds: number | null;
  readonly spoolDepth: number;
  readonly spoolBytes: number;
  /** Messages lost because the disk allotted to them, or the place to wait for the clock, was full. */
  readonly dropped: number;
  /** Messages on which the broker hung up again and again; they lie in the spool's quarantine. */
  readonly setAside: number;
  /** Messages that wait until the clock can be believed. */
  readonly held: number;
  /** Messages that were not recorded, because they are not of the contract. */
  readonly refused: number;
  /** Records of spool and journal that were damaged on disk and skipped. */
  readonly damaged: number;
  /** Each database: `embedded`, `influx`. */
  readonly sinks: Readonly<Record<string, SinkHealth>>;
  readonly diskFreeMegabytes: number | null;
  /** Of the hottest part of the machine. */
  readonly temperatureCelsius: number | null;
  /**
   * Whole days until the first certificate runs out of those that the gateway shows, trusts, or is shown by the broker;
   * negative afterwards, null where there is none.
   */
  readonly certificateDays: number | null;
  readonly cameras: Readonly<Record<string, CameraState>>;
  readonly sensors: Readonly<Record<string, string>>;
  /** Who has kept the cameras shut for the longest, and why: `timetable: there is no lesson now`. Null while they may be open. */
  readonly shut: string | null;
  /** Everybody who keeps them shut, the longest-standing first: `timetable`, `teacher`. */
  readonly shutBy: readonly string[];
  /** Number and hash of the audit log's last entry: `12@1f0c…`. */
  readonly audit: string;
  readonly flows: FlowsState;
  readonly config: ConfigSource;
  /** Of the whole config: another one where anything in it is. Nothing can be read back from it. */
  readonly configHash: string;
  /** The privacy profile. */
  readonly profile: string;
}
