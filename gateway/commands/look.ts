import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { ErrorCode } from "../errors.ts";
import { openEye } from "../eye/eye.ts";
import { createLogger } from "../log.ts";
import { BOUNDS } from "../protect/protect.ts";
import type { CameraState, Sound, View } from "../terms.ts";
import { adviceFor } from "./checks/cameras.ts";
import type { Finding } from "./checks/finding.ts";
import { preparedPack } from "./models.ts";
import { Minded, type Minder, openly, whoMinds } from "./openly.ts";
import type { Terminal } from "./terminal.ts";

/** A network camera may take twenty seconds to its first picture. */
const LOOK_SECONDS = 20;
/** So many pictures of each camera are enough to say at what rate they come. */
const PICTURES = 5;
/** How long a camera that is tried again is given to come after all. */
const SECOND_CHANCE_SECONDS = 5;
/** Poorer light than this makes faces hard to find, though not impossible. */
const DIM = 0.18;

/** What was seen of one camera. */
interface Look {
  readonly views: View[];
  state: CameraState;
  problem: string | null;
  code: ErrorCode | undefined;
  /** Monotonic ms since which it has had a problem. */
  since: number;
}

/**
 * Models, provider and every camera, by really looking through them, and every microphone, by listening: what is told is
 * about pictures and levels, and of people no more than that there are enough for a group.
 */
export async function checkEye(terminal: Terminal, config: Config): Promise<Finding[]> {
  const pack = await preparedPack(terminal, config);
  const looks = new Map<string, Look>(
    config.cameras.map(({ name }) => [
      name,
      { views: [], state: "opening", problem: null, code: undefined, since: 0 },
    ]),
  );
  const microphones = config.sensors.flatMap((sensor) => (sensor.driver === "sound" ? [sensor] : []));
  /** What each microphone has heard, or why it has not. */
  const ears = new Map<string, Finding>();
  const minds = await whoMinds(config);
  const eye = await openEye(
    { ...config.eye, cameras: config.cameras, microphones, pack, pace: "live", shut: true },
    {
      onView: (view) => looks.get(view.camera)?.views.push(view),
      onCamera(name, state, problem, code) {
        const since = systemClock.elapsed();
        Object.assign(looks.get(name) ?? {}, { state, problem: problem ?? null, code, since });
      },
      onSound: (sound) => void ears.set(sound.microphone, heard(sound)),
      onDeaf: (name, away) => void (away && ears.set(name, unheard(name, away.why))),
    },
    // Quiet while it looks: what it finds is what it says.
    { log: createLogger("error"), clock: systemClock },
  );
  const { provider, precision } = eye.engine;
  const says = `${pack.id} runs on ${provider}, ${precision}`;
  const models: Finding = { check: "models", result: "ok", says };
  try {
    if (minds) return [models, shutFinding(minds)];
    return await openly(config, "doctor", async (stop) => {
      try {
        await eye.resume();
        const until = systemClock.elapsed() + LOOK_SECONDS * 1000;
        const isDone = () => [...looks.values()].every(isSeenThrough) && ears.size === microphones.length;
        while (systemClock.elapsed() < until && !isDone() && !stop.aborted)
          await systemClock.sleep(100, stop);
        const { cameras } = eye.status();
        const minimumGroup = Math.max(
          config.protect.minimumGroup,
          BOUNDS[config.privacy.profile].minimumGroup,
        );
        return [
          models,
          ...[...looks].map(([name, look]) =>
            findingOf(name, look, { framesPerSecond: cameras[name]?.framesPerSecond ?? 0, minimumGroup }),
          ),
          ...microphones.map(
            ({ name }) =>
              ears.get(name) ?? unheard(name, `nothing within ${LOOK_SECONDS} s; see everySeconds`),
          ),
        ];
      } finally {
        // Before the light goes out.
        await eye.pause();
      }
    });
  } catch (error) {
    if (error instanceof Minded) return [models, shutFinding(error)];
    throw error;
  } finally {
    await eye.close();
  }
}

const shutFinding = ({ by, because }: Minder): Finding => ({
  check: "camera",
  result: "warning",
  says: `not looked through, for the ${by} keeps them shut: ${because}`,
  advice: "Run it again when cameras may be open.",
});

function heard({ microphone, level }: Sound): Finding {
  if (Number.isFinite(level))
    return { check: "microphone", result: "ok", says: `${microphone}: ${level.toFixed(1)} dB of full scale` };
  return unheard(microphone, "nothing but zeros comes from it");
}

const unheard = (name: string, why: string): Finding => ({
  check: "microphone",
  result: "failed",
  says: `${name}: ${why}`,
  advice: "Check plug, mute switch and rights (group audio); `focus-gateway sensors scan` lists microphones.",
});

/** Whether waiting for longer would tell nothing new. */
function isSeenThrough({ views, problem, since }: Look): boolean {
  if (views.length >= PICTURES) return true;
  return problem !== null && systemClock.elapsed() - since > SECOND_CHANCE_SECONDS * 1000;
}

interface About {
  readonly framesPerSecond: number;
  readonly minimumGroup: number;
}

function findingOf(name: string, look: Look, { framesPerSecond, minimumGroup }: About): Finding {
  const { views, state, problem, code } = look;
  const last = views.at(-1);
  if (!last || !["ok", "ended", "moved"].includes(state)) {
    const why = problem ?? `no picture within ${LOOK_SECONDS} s`;
    // CAMERA_LOST and CAMERA_REFUSED name the camera themselves.
    const says = why.startsWith(`camera ${name}: `) ? why.slice("camera ".length) : `${name}: ${why}`;
    return { check: "camera", result: "failed", says, advice: adviceFor(state, code) };
  }
  const faces = Math.max(...views.map(({ faces }) => faces.length));
  const says = [
    `${name}: ${last.width}×${last.height}`,
    `${framesPerSecond.toFixed(1)} pictures/s, looked at in ${Math.round(last.took.total)} ms`,
    ...(last.brightness === undefined ? [] : [`brightness ${Math.round(last.brightness * 100)} %`]),
    faces >= minimumGroup ? `${faces} faces found` : `fewer than ${minimumGroup} faces found`,
  ].join(", ");
  if (last.brightness !== undefined && last.brightness < DIM) {
    return { check: "camera", result: "warning", says, advice: adviceFor("dark") };
  }
  return { check: "camera", result: "ok", says };
}
