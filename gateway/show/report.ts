import type { ErrorCode } from "../errors.ts";
import type { Health } from "../health.ts";
import type { CameraState, SensorState } from "../terms.ts";

/** How one camera does. The problem is one line, for people; the code is that of the error behind it. */
export interface CameraReport {
  readonly state: CameraState;
  readonly problem?: string | undefined;
  readonly code?: ErrorCode | undefined;
}

/** How one sensor does. */
export interface SensorReport {
  readonly state: SensorState;
  readonly problem?: string | undefined;
}

/** What the health server shows: the gateway's health, readiness with reasons, the room's last window, and the parts' work. */
export interface StatusReport {
  readonly health: Health;
  /** Why the gateway is not ready, in plain words; empty when it is. */
  readonly notReady: readonly string[];
  /** By their names. */
  readonly cameras: Readonly<Record<string, CameraReport>>;
  readonly sensors: Readonly<Record<string, SensorReport>>;
  /** The last window; null before the first. Its values are null when they are unknown, never zero. */
  readonly room: { readonly focus: number | null; readonly coverage: number | null } | null;
  /** Whether a lesson is on: a group sits before the cameras, or the timetable says so. */
  readonly lesson: boolean;
  /** How often each supervised process was started again: `eye`, `live`. */
  readonly restarts: Readonly<Record<string, number>>;
  /** Resident memory of each process in MB: `gateway`, `eye`, `live`. */
  readonly memoryMb: Readonly<Record<string, number>>;
}
