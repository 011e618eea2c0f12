import { openSession, type Session } from "../gateway/onnx.ts";
import type { Engine } from "../gateway/terms.ts";
import type { ReadyNetwork, Role } from "./manifest.ts";
import { PICTURES } from "./quantize/bytes.ts";

/** As many pictures as perception gives each network at once. */
const BATCH: Readonly<Record<Role, number>> = { detect: 4, pose: 8, landmarks: 24, eyes: 48 };
const ROUNDS = 9;

/**
 * How long each network takes for one picture on a provider, in milliseconds; null where it does not run there. On the CPU
 * that is processor time of one thread, which is the same whatever else the machine does; elsewhere it is time on the
 * clock. The networks take turns, and the best of several rounds counts. No other work may go on in this process.
 */
export async function timed(
  role: Role,
  networks: readonly ReadyNetwork[],
  provider: Engine["provider"],
): Promise<(number | null)[]> {
  const stopwatch = provider === "cpu" ? processorTime : () => performance.now();
  const sessions: (Session | null)[] = [];
  try {
    for (const { path } of networks) sessions.push(await openSession(path, provider, 1).catch(() => null));
    const best = networks.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, session] of sessions.entries()) {
        const took = session && (await once(session, networks[index]!, BATCH[role], stopwatch));
        // The first round pays for what is done only once.
        if (took !== null && round > 0) best[index] = Math.min(best[index]!, took);
      }
    }
    return best.map((millis) => (Number.isFinite(millis) ? millis / BATCH[role] : null));
  } finally {
    for (const session of sessions) await session?.close();
  }
}

async function once(
  session: Session,
  { width, height }: ReadyNetwork,
  batch: number,
  stopwatch: () => number,
): Promise<number | null> {
  const data = new Uint8Array(batch * width * height * 3).fill(127);
  const start = stopwatch();
  try {
    await session.run({ [PICTURES]: { data, shape: [batch, height, width, 3] } });
    return stopwatch() - start;
  } catch {
    return null;
  }
}

const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
