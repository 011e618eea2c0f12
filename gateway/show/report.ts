import type { CameraState, Reading } from "../terms.ts";

/** The payload of `gateway/health`: how the machine does. Nothing in it is about people. */
export interface HealthReport {
  readonly version: string;
  readonly uptime_s: number;
  /** Execution provider with precision, e.g. `cpu/float32`; null until the first picture was looked at. */
  readonly provider: string | null;
  /** name@sha256-8; null until the first picture was looked at. */
  readonly model: string | null;
  readonly frames_per_second: number;
  /** Seconds since the last picture; null before the first. */
  readonly frame_age_s: number | null;
  /** Messages on disk that the broker has not acknowledged yet. */
  readonly spool_depth: number;
  readonly disk_free_mb: number | null;
  /** The hottest zone of the machine; null where it has no sensor. */
  readonly temperature_c: number | null;
  readonly cameras: Readonly<
    Record<string, { readonly state: CameraState; readonly frames_per_second?: number }>
  >;
  readonly sensors: Readonly<Record<string, { readonly state: Reading["quality"] | "lost" }>>;
}

/** What the health server shows beyond the payload: readiness with reasons, the room's last window, and the parts' work. */
export interface StatusReport {
  readonly health: HealthReport;
  /** Why the gateway is not ready, in plain words; empty when it is. */
  readonly notReady: readonly string[];
  /** The last window; null before the first. Its values are null when they are unknown, never zero. */
  readonly room: { readonly focus: number | null; readonly coverage: number | null } | null;
  /** How often each supervised process was started again: `eye`, `live`. */
  readonly restarts: Readonly<Record<string, number>>;
  /** Points each sink has not taken yet: `embedded`, `influx`. */
  readonly backlog: Readonly<Record<string, number>>;
  /** Resident memory of each process in MB: `gateway`, `eye`, `live`. */
  readonly memoryMb: Readonly<Record<string, number>>;
}
