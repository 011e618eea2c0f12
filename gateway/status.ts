import { type Account, configHash } from "./account.ts";
import { certificatesOf, daysLeft } from "./certificates.ts";
import type { Config } from "./config.ts";
import type { Eye, EyeStatus } from "./eye/eye.ts";
import type { Guard } from "./guard.ts";
import type { ConfigSource, EyeHealth, FlowsState, Health } from "./health.ts";
import type { Publisher, Stamps } from "./publish/publish.ts";
import type { Recording } from "./record/record.ts";
import type { Sense } from "./sense/sense.ts";
import { type CameraReport, type LivePage, readVitals, type StatusReport } from "./show/show.ts";
import type { Clock, Window } from "./terms.ts";
import { version } from "./version.ts";

/** What the gateway knows about itself, gathered from its parts. */
export interface Status {
  /** The last window that was closed. */
  closed(window: Window): void;
  camera(name: string, report: CameraReport): void;
  /** These are there only after the rest. */
  watch(parts: { eye: Eye; live: LivePage | null; senses: Sense }): void;
  /** Who keeps the cameras shut. */
  guarded(guard: Pick<Guard, "holders">): void;
  health(): Promise<Health>;
  report(): Promise<StatusReport>;
}

interface Parts {
  readonly config: Config;
  readonly publisher: Publisher;
  readonly record: Recording;
  readonly stamps: Stamps;
  readonly account: Pick<Account, "head">;
  /** What the windows say made them. */
  readonly makers: Pick<Window, "model" | "perception">;
  readonly source: ConfigSource;
  readonly clock: Clock;
}

export function watchStatus({
  config,
  publisher,
  record,
  stamps,
  account,
  makers,
  source,
  clock,
}: Parts): Status {
  const started = clock.elapsed();
  const hash = configHash(config);
  const cameras = new Map<string, CameraReport>(
    config.cameras.map(({ name }) => [name, { state: "opening" }]),
  );
  let eye: Eye | null = null;
  let live: LivePage | null = null;
  let senses: Sense | null = null;
  let window: Window | null = null;
  let holders: Guard["holders"] = new Map();

  async function health(): Promise<Health> {
    const { spoolDepth, spoolBytes, dropped, setAside, damaged } = publisher.state();
    const recorded = record.state();
    const { diskFreeMb, temperatureC } = await readVitals(config.dataFolder);
    const seen = Object.values(eye?.status().cameras ?? {});
    const ages = seen.flatMap(({ frameAgeSeconds }) => frameAgeSeconds ?? []);
    return {
      time: clock.now(),
      version,
      uptimeSeconds: (clock.elapsed() - started) / 1000,
      engine: eye?.engine ?? null,
      ...(eye && { eye: eyeHealth(eye.status()) }),
      model: eye ? makers.model : null,
      perception: eye ? makers.perception : null,
      framesPerSecond: seen.reduce((sum, { framesPerSecond }) => sum + framesPerSecond, 0),
      frameAgeSeconds: ages.length > 0 ? Math.max(...ages) : null,
      spoolDepth,
      spoolBytes,
      dropped: sum(dropped) + stamps.lost(),
      setAside,
      held: stamps.held(),
      refused: sum(recorded.refused),
      damaged: damaged + recorded.damaged,
      sinks: Object.fromEntries(
        Object.entries(recorded.sinks).map(([name, { ok, backlog, refused, lost }]) => [
          name,
          { ok, backlog, refused, lost },
        ]),
      ),
      diskFreeMegabytes: diskFreeMb,
      temperatureCelsius: temperatureC,
      certificateDays: await certificateDays(),
      cameras: statesOf([...cameras]),
      sensors: statesOf(Object.entries(senses?.states() ?? {})),
      shut: longestOf(holders),
      shutBy: [...holders.keys()],
      audit: account.head,
      flows: config.show.live.enabled ? flowsState(live) : "off",
      config: source,
      configHash: hash,
      profile: config.privacy.profile,
    };
  }

  /** Read each time: they are renewed while the gateway runs. One that cannot be read is the doctor's to tell. */
  async function certificateDays(): Promise<number | null> {
    const broker = publisher.connection.certificateUntil;
    const ends = (await certificatesOf(config).catch(() => [])).map(({ until }) => until);
    if (broker !== null) ends.push(broker);
    return ends.length > 0 ? daysLeft({ until: Math.min(...ends) }, clock.now()) : null;
  }

  /** A gateway is ready when a room's focus can be watched and is kept; a pause is no fault, a broken light is. */
  function notReady(): string[] {
    const { connected, refused } = publisher.state();
    const reasons: string[] = [];
    if (refused) reasons.push("the MQTT broker refuses the gateway");
    else if (!connected) reasons.push("the MQTT broker cannot be reached");
    if (!eye) reasons.push("the eye is not up yet");
    for (const who of ["indicator", "audit"] as const) {
      const because = holders.get(who);
      if (because !== undefined) reasons.push(because);
    }
    for (const [name, { state, problem }] of cameras) {
      if (state === "ok" || state === "paused") continue;
      const why = problem?.replace(`camera ${name}: `, ""); // CAMERA_LOST and CAMERA_REFUSED name it themselves
      reasons.push(`camera ${name} is ${state}${why ? `: ${why}` : ""}`);
    }
    for (const [name, sink] of Object.entries(record.state().sinks)) {
      if (!sink.ok) reasons.push(`${name} does not take data${sink.problem ? `: ${sink.problem}` : ""}`);
    }
    return reasons;
  }

  /** With a timetable, cameras that are open say so; without, a group that is seen. Nobody is told how many. */
  function isLesson(): boolean {
    const seen = window?.quality === "ok" || window?.quality === "low_coverage";
    return seen || (config.privacy.timetable !== undefined && eye !== null && holders.size === 0);
  }

  return {
    closed(closed) {
      window = closed;
    },
    camera: (name, report) => void cameras.set(name, report),
    watch(parts) {
      eye = parts.eye;
      live = parts.live;
      senses = parts.senses;
    },
    guarded(guard) {
      holders = guard.holders;
    },
    health,
    async report() {
      const megabytes = (bytes: number) => Math.round(bytes / 1e6);
      const eyeStatus = eye?.status();
      const liveMemory = live?.memoryMb() ?? null;
      return {
        health: await health(),
        notReady: notReady(),
        cameras: Object.fromEntries(cameras),
        sensors: senses?.states() ?? {},
        lesson: isLesson(),
        room: window && { focus: window.focus, coverage: window.coverage },
        restarts: { eye: eyeStatus?.restarts ?? 0, live: live?.restarts() ?? 0 },
        memoryMb: {
          gateway: megabytes(process.memoryUsage.rss()),
          ...(eyeStatus ? { eye: Math.round(eyeStatus.memoryMegabytes) } : {}),
          ...(liveMemory === null ? {} : { live: liveMemory }),
        },
      };
    },
  };
}

const statesOf = <State>(reports: readonly (readonly [string, { readonly state: State }])[]) =>
  Object.fromEntries(reports.map(([name, { state }]) => [name, state]));

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** Readers of the health take 300 characters, and a sign-off may be wrong in many lines. */
const LONGEST = 250;

/** Who has held the cameras for the longest, and why, in a line. */
export function longestOf(holders: Guard["holders"]): string | null {
  const [first] = holders;
  return first ? first.join(": ").replace(/\s+/g, " ").slice(0, LONGEST) : null;
}

function flowsState(live: LivePage | null): FlowsState {
  const state = live?.state() ?? "starting";
  if (state !== "up") return state;
  return live?.leftOut() ? "left_out" : "ok";
}

function eyeHealth({ pace, engine: { building, refused } }: EyeStatus): EyeHealth {
  return {
    cpuShare: pace?.share ?? null,
    framesPerSecondLimit: pace?.limit ?? null,
    building,
    refused: Object.fromEntries(refused.map(({ provider, why }) => [provider, why])),
  };
}
