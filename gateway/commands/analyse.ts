import { stat } from "node:fs/promises";
import path from "node:path";
import { type Attender, openAttender, openGeometric } from "../attend/attend.ts";
import { systemClock } from "../clock.ts";
import { type Config, loadConfig } from "../config.ts";
import { failure, GatewayError, reason } from "../errors.ts";
import { openEye } from "../eye/eye.ts";
import { nextEnd } from "../flow.ts";
import { createLogger } from "../log.ts";
import { BOUNDS, openProtector } from "../protect/protect.ts";
import { focusMessage } from "../publish/publish.ts";
import { ACTIVITIES, type Activity, type View, type Window } from "../terms.ts";
import { preparedPack } from "./models.ts";
import { faceLines, windowLine } from "./results.ts";
import { type Terminal, tell } from "./terminal.ts";

export interface AnalyseOptions {
  readonly views?: boolean;
  readonly explain?: boolean;
  readonly fps?: number;
  readonly activity: string;
  readonly config?: string;
}

/**
 * Recordings through the same eye, estimate and protection as a live room. An input that cannot be used is told and
 * the others are analysed all the same; the exit code then is that of the failure.
 */
export async function analyse(
  terminal: Terminal,
  paths: readonly string[],
  options: AnalyseOptions,
): Promise<void> {
  const activity = ACTIVITIES.find((known) => known === options.activity);
  if (!activity)
    throw failure("USAGE", {
      problem: `there is no activity "${options.activity}": ${ACTIVITIES.join(", ")}`,
    });
  const config = await configFor(options.config);
  const pack = await preparedPack(terminal, config);
  let failed: GatewayError | undefined;
  for (const input of paths) {
    try {
      const play = { terminal, config, pack, activity, options };
      await analyseOne(input, play);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      terminal.note(tell(error));
      terminal.emit({ path: input, error: error.code, message: error.message });
      failed ??= error;
    }
  }
  if (failed) process.exitCode = failed.exit;
}

/** Without a config nobody knows how many students there are; the demo's number is the demo's. */
async function configFor(file: string | undefined): Promise<Config> {
  const config = await loadConfig(file);
  if (file !== undefined) return config;
  const { expectedHeads: _, ...protect } = config.protect;
  return { ...config, protect };
}

/** What the recording is called inside: views and explanations go by a camera's name. */
const CAMERA = "recording";

interface Play {
  readonly terminal: Terminal;
  readonly config: Config;
  readonly pack: Awaited<ReturnType<typeof preparedPack>>;
  readonly activity: Activity;
  readonly options: AnalyseOptions;
}

async function analyseOne(input: string, { terminal, config, pack, activity, options }: Play): Promise<void> {
  const found = await stat(input).catch((error) => {
    throw failure("INPUT_MISSING", { path: input }, error);
  });
  const attender = await openAttender(config.attend, { log: createLogger("warn"), clock: systemClock });
  const watch = filmWatcher({ config, attender, activity, perception: pack.id }, async (window, from, to) => {
    // Only what may be said of a room may be explained of it.
    const explained =
      options.explain && window.quality === "ok" ? await attender.explain(CAMERA, activity) : null;
    terminal.say(windowLine(`${path.basename(input)}  ${span(from)}–${span(to)}`, window));
    for (const line of explained ?? []) terminal.say(`    ${line}`);
    const explanation = explained ? { explanation: explained } : {};
    terminal.emit({ path: input, from_s: from / 1000, to_s: to / 1000, ...payload(window), ...explanation });
  });
  let start: number | undefined;
  let frames = 0;

  try {
    await playThrough(input, { config, pack, fps: options.fps }, async (seen) => {
      start ??= seen.time;
      frames += 1;
      const view = { ...seen, time: seen.time - start };
      const name = view.file ?? path.basename(input);
      if (options.views) {
        terminal.say(faceLines(view.file ?? `${name}  ${span(view.time)}`, view));
        terminal.emit({
          path: input,
          ...(view.file ? { file: view.file } : { at_s: view.time / 1000 }),
          ...viewPayload(view),
        });
      } else if (view.file && options.fps === undefined) {
        const window = await stillWindow({ config, activity, perception: pack.id }, view);
        terminal.say(windowLine(name, window));
        terminal.emit({ path: input, file: view.file, ...payload(window) });
      } else {
        await watch.see(view);
      }
    });
    await watch.end();
  } finally {
    await attender.close();
  }
  if (frames === 0)
    throw failure(found.isDirectory() ? "INPUT_EMPTY" : "INPUT_NOT_VIDEO", {
      path: input,
      problem: "it holds no frames",
    });
}

/** Opens the eye on one recording and hands on every view of it, one after the other; resolves at the end. */
async function playThrough(
  input: string,
  { config, pack, fps }: { config: Config; pack: Play["pack"]; fps: number | undefined },
  look: (view: View) => Promise<void>,
): Promise<void> {
  const log = createLogger("warn");
  const camera = {
    driver: "files",
    name: CAMERA,
    path: input,
    framesPerSecond: fps ?? 2,
    loop: false,
    maximumWidth: 1920,
    mask: [] as number[][][],
  } as const;
  let looked: Promise<void> = Promise.resolve();
  let finish: (problem: string | undefined) => void = () => {};
  const ended = new Promise<string | undefined>((resolve) => {
    finish = resolve;
  });
  const eye = await openEye(
    { ...config.eye, cameras: [camera], pack, pace: "every" },
    {
      onView: (view) => {
        looked = looked.then(() => look(view));
        looked.catch((error) => finish(reason(error)));
      },
      onCamera: (_, state, problem) => state === "ended" && finish(problem),
    },
    { log, clock: systemClock },
  );
  const interrupt = () => finish("interrupted");
  process.once("SIGINT", interrupt);
  try {
    const problem = await ended;
    await looked;
    if (problem) throw failure("CAMERA_LOST", { camera: input, problem });
  } finally {
    process.off("SIGINT", interrupt);
    await eye.close();
  }
}

interface Film {
  readonly config: Config;
  readonly attender: Attender;
  readonly activity: Activity;
  readonly perception: string;
}

/** A film's views, window after window from its start; the last one may be short and is closed at the film's end. */
function filmWatcher(
  { config, attender, activity, perception }: Film,
  onWindow: (window: Window, from: number, to: number) => Promise<void>,
) {
  const { windowSeconds } = config.protect;
  const lesson = { activity, lesson: null };
  let protector: ReturnType<typeof openProtector> | undefined;
  let end = windowSeconds * 1000;
  let last = 0;
  const close = async (to: number) => {
    const from = end - windowSeconds * 1000;
    if (protector && to > from) await onWindow(protector.close(to, lesson, (to - from) / 1000), from, to);
  };
  return {
    async see(view: View) {
      protector ??= openProtector(
        config.protect,
        { model: attender.model, perception, engine: view.engine },
        BOUNDS[config.privacy.profile],
      );
      while (view.time >= end) {
        await close(end);
        end = nextEnd(end, windowSeconds);
      }
      last = view.time;
      protector.take(await attender.observe(view, activity), lesson);
    },
    end: () => close(last),
  };
}

/** A single picture is a window of its own: the people in it belong to no other picture's group. */
async function stillWindow(
  { config, activity, perception }: Omit<Film, "attender">,
  view: View,
): Promise<Window> {
  const lesson = { activity, lesson: null };
  const attender = openGeometric(config.attend, 0);
  const protector = openProtector(
    config.protect,
    { model: attender.model, perception, engine: view.engine },
    BOUNDS[config.privacy.profile],
    1,
  );
  protector.take(await attender.observe({ ...view, time: 0 }, activity), lesson);
  return protector.close(config.protect.windowSeconds * 1000, lesson);
}

/** The contract's payload, but for the time of day, which a recording does not know. */
function payload(window: Window): object {
  const { time: _, ...rest } = JSON.parse(focusMessage(window).payload) as Record<string, unknown>;
  return rest;
}

const viewPayload = ({ width, height, faces, engine, took }: View) => ({
  width,
  height,
  faces,
  engine,
  took,
});

/** 83000 → `1:23` */
function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
