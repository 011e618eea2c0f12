import type { Clock, Frame } from "../../terms.ts";
import type { Camera, CameraContext } from "./camera.ts";
import type { Film, Picture } from "./film.ts";
import { Latest } from "./latest.ts";

/**
 * Plays a film as a camera. Resolves when its first picture is there; rejects with what the film throws instead.
 * In pace `every` frame n bears the time at which it would have been seen, had the film been started now.
 */
export async function play(film: Film, framesPerSecond: number, context: CameraContext): Promise<Camera> {
  const { name: camera, clock } = context;
  const closing = new AbortController();
  const pictures = film(closing.signal);
  const first = await pictures.next();
  const step = 1000 / framesPerSecond;
  const frame = (picture: Picture, sequence: number, time: number): Frame => {
    return { ...picture, camera, sequence, time };
  };

  if (context.pace === "every") {
    const started = clock.now();
    let coming = Promise.resolve(first);
    let sequence = 0;
    return {
      async next() {
        const { done, value } = await coming;
        if (done || closing.signal.aborted) return null;
        const time = started + sequence * step;
        // The next picture is made while this one is looked at.
        coming = pictures.next();
        coming.catch(() => {}); // thrown to whoever asks for it
        return frame(value, sequence++, time);
      },
      async close() {
        closing.abort();
        await pictures.return();
      },
    };
  }

  const latest = new Latest<Frame>();
  const playing = (async () => {
    let sequence = 0;
    let due = clock.elapsed();
    for (let at = first; !at.done; at = await pictures.next()) {
      await sleepUntil(due, clock, closing.signal);
      if (closing.signal.aborted) return;
      latest.put(frame(at.value, sequence++, clock.now()));
      // A picture that took too long to make delays those after it: they do not hurry to catch up.
      due = Math.max(due + step, clock.elapsed());
    }
  })().then(
    () => latest.end(),
    (error) => latest.fail(error),
  );
  return {
    next: () => latest.take(),
    async close() {
      closing.abort();
      latest.close();
      await playing;
      await pictures.return();
    },
  };
}

const sleepUntil = (due: number, clock: Clock, signal: AbortSignal) =>
  clock.sleep(Math.max(0, due - clock.elapsed()), signal);
