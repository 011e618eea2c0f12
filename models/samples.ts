import { perceiveOptions, perceiveWith } from "../gateway/eye/perceive/perceive.ts";
import { openOnBest } from "../gateway/eye/perceive/providers/ladder.ts";
import { type Networks, openNetworks } from "../gateway/eye/perceive/providers/networks.ts";
import { readLesson } from "../gateway/eye/simulate/lesson.ts";
import { openPainter } from "../gateway/eye/simulate/painter.ts";
import { openWorld } from "../gateway/eye/simulate/world.ts";
import type { Logger } from "../gateway/log.ts";
import { type PreparedPack, ROLES, type Role } from "./manifest.ts";
import type { Pictures } from "./quantize/ask.ts";

/** What each network of a pack was really fed. Pixels, so they stay in the process that saw them. */
export type Samples = Readonly<Record<Role, Pictures>>;

/** So many of each are kept, drawn evenly from all there were: enough for ranges to settle, and 25 MB. */
const KEPT: Readonly<Record<Role, number>> = { detect: 24, pose: 64, landmarks: 64, eyes: 64 };

/** A lesson's worth of looks in one light. */
interface Look {
  readonly seed: number;
  readonly brightness: number;
  readonly warmth: number;
  readonly blur: number;
  readonly noise: number;
  readonly frames: number;
}

/** Classes and lights to calibrate with: ranges have to hold in a dim room, too. */
export const CALIBRATION: readonly Look[] = [
  { seed: 101, brightness: 1, warmth: 0, blur: 0, noise: 0, frames: 4 },
  { seed: 102, brightness: 0.45, warmth: 0.6, blur: 0, noise: 6, frames: 4 },
  { seed: 103, brightness: 1.4, warmth: -0.5, blur: 0.8, noise: 0, frames: 4 },
];
/** Other classes, to see whether the answers are kept. */
export const TEST: readonly Look[] = [
  { seed: 201, brightness: 1, warmth: 0, blur: 0, noise: 0, frames: 4 },
  { seed: 202, brightness: 0.6, warmth: 0.3, blur: 0, noise: 4, frames: 4 },
];

/** Looks at drawn classes with a pack's own perception, and keeps what its networks were fed. The same every time. */
export async function simulatedSamples(
  pack: PreparedPack,
  looks: readonly Look[],
  log: Logger,
  onFrame: () => void = () => {},
): Promise<Samples> {
  const sampler = createSampler(pack);
  // Of smaller faces no eyes are looked at; here there should be some.
  const options = perceiveOptions.parse({ providers: ["cpu"], smallestEyesPixels: 24 });
  const running = await openOnBest(pack, options, { log, open: sampler.open });
  const perception = perceiveWith(running, options, pack);
  const size = { width: 1280, height: 720 };
  try {
    for (const { seed, brightness, warmth, blur, noise, frames } of looks) {
      const lesson = await readLesson("three-activities");
      const world = openWorld({ ...size, lesson, students: 24, seed, occlusion: 0 });
      const lighting = { brightness, warmth };
      const painter = openPainter({ ...size, room: world.room, seed, lighting, blur, noise });
      for (let sequence = 0; sequence < frames; sequence++) {
        const picture = await painter.paint(world.at((world.seconds * (sequence + 0.5)) / frames));
        await perception.look({ ...picture, camera: `drawn-${seed}`, sequence, time: sequence * 1_000 });
        onFrame();
      }
    }
  } finally {
    await perception.close();
  }
  return sampler.take();
}

/** Listens in on networks. `open` loads them as ever, and keeps a share of what they are fed from then on. */
export function createSampler(pack: PreparedPack) {
  const kept = new Map<Role, Uint8Array[]>(ROLES.map((role) => [role, []]));
  const seen = new Map<Role, number>(ROLES.map((role) => [role, 0]));
  let chance = 1;
  const keep = (role: Role, picture: Uint8Array) => {
    const list = kept.get(role)!;
    const count = seen.get(role)! + 1;
    seen.set(role, count);
    if (list.length < KEPT[role]) return void list.push(picture.slice());
    // Each of all so far is kept with the same chance (reservoir sampling), by a chance that is the same every time.
    chance = (chance * 48_271) % 2_147_483_647;
    const place = chance % count;
    if (place < KEPT[role]) list[place] = picture.slice();
  };
  return {
    async open(...how: Parameters<typeof openNetworks>): Promise<Networks> {
      const { of, close } = await openNetworks(...how);
      const tapped = ROLES.map((role) => {
        const run = (count: number) => {
          for (let index = 0; index < count; index++) keep(role, of[role].slot(index));
          return of[role].run(count);
        };
        return [role, { ...of[role], run }] as const;
      });
      return { of: Object.fromEntries(tapped) as Networks["of"], close };
    },
    /** What was kept since the last time, or since the beginning. */
    take(): Samples {
      const all = ROLES.map((role) => {
        const { width, height } = pack.float32[role];
        const list = kept.get(role)!;
        kept.set(role, []);
        seen.set(role, 0);
        return [role, { width, height, list }] as const;
      });
      return Object.fromEntries(all) as unknown as Samples;
    },
  };
}
