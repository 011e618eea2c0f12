import type { CameraState, Frame } from "../../../terms.ts";
import type { PictureKind } from "../camera.ts";
import type { Polygon } from "../polygon.ts";
import { type Light, lightOf, measure } from "./light.ts";
import { watchPlace } from "./place.ts";
import { thumbnails } from "./thumbnail.ts";

/** What a camera's pictures say about the camera. */
export interface Verdict {
  readonly state: Extract<CameraState, "ok" | "frozen" | Exclude<Light, "ok"> | "moved">;
  /** For people, in one line; null when all is well. */
  readonly problem: string | null;
  /** Whether there is anything to be looked for in this picture. */
  readonly usable: boolean;
  /** Mean brightness of what no mask hides, 0–1; null where pictures are not judged. */
  readonly brightness: number | null;
}

export interface Inspector {
  /** Looks at one frame, already masked. `at` is monotonic ms and never goes back. A few ms at most. */
  inspect(frame: Frame, at: number): Verdict;
}

export interface InspectOptions {
  readonly mask: readonly Polygon[];
  /** Only `filmed` ones can be seen to freeze; `played` ones are not judged at all. */
  readonly pictures: PictureKind;
  readonly frozenAfterSeconds: number;
}

/** A light that changes for less than this is somebody passing by. Pictures are not looked at meanwhile. */
const HOLD_MS = 3_000;
/** Cameras that give few pictures need so many alike before they count as frozen. */
const ALIKE = 4;

const SAYS: Readonly<Record<Exclude<Verdict["state"], "ok" | "frozen" | "moved">, string>> = {
  black: "its picture is black",
  dark: "it is too dark to see faces",
  covered: "there is nothing in its picture: it seems to be covered",
};

/** Judges one camera's pictures, one after the other, by their light, their change and their place. */
export function openInspector({ mask, pictures, frozenAfterSeconds }: InspectOptions): Inspector {
  if (pictures === "played") return { inspect: () => WELL };
  const shrink = thumbnails(mask);
  const place = watchPlace(mask.length === 0);
  let stated: Light = "ok";
  let differsSince: number | null = null;
  let last = { fingerprint: -1, since: 0, times: 0 };

  function hasFrozen(fingerprint: number, at: number): boolean {
    if (fingerprint !== last.fingerprint) last = { fingerprint, since: at, times: 0 };
    last.times += 1;
    return last.times >= ALIKE && at - last.since >= frozenAfterSeconds * 1000;
  }

  /** The light that has held for long enough to be said. */
  function steady(light: Light, at: number): Light {
    if (light === stated) differsSince = null;
    else differsSince ??= at;
    if (differsSince !== null && at - differsSince >= HOLD_MS) {
      stated = light;
      differsSince = null;
    }
    return stated;
  }

  return {
    inspect(frame, at) {
      const thumbnail = shrink(frame);
      const measured = measure(thumbnail);
      const brightness = measured.brightness / 255;
      const light = lightOf(measured);
      const state = steady(light, at);
      const usable = light === "ok" && state === "ok";
      if (state !== "ok") return { state, problem: SAYS[state], usable, brightness };
      // A dark sensor may well give the same picture twice, so only a lit one can be seen to freeze.
      if (pictures === "filmed" && light === "ok" && hasFrozen(thumbnail.fingerprint, at)) {
        const problem = `the same picture for ${frozenAfterSeconds} s: it seems to be frozen`;
        return { state: "frozen", problem, usable: false, brightness };
      }
      if (usable && place.moved(thumbnail, at)) {
        return { ...(mask.length === 0 ? MOVED : MOVED_UNDER_MASK), brightness };
      }
      return { state: "ok", problem: null, usable, brightness };
    },
  };
}

const WELL: Verdict = { state: "ok", problem: null, usable: true, brightness: null };
const MOVED: Omit<Verdict, "brightness"> = {
  state: "moved",
  problem: "it was moved: what had been learnt of its view is learnt anew",
  usable: true,
};
// A mask that no longer covers what it was drawn for is worse than no picture.
const MOVED_UNDER_MASK: Omit<Verdict, "brightness"> = {
  state: "moved",
  problem: "it was moved, and its mask was drawn for where it was: move it back, or draw it anew and restart",
  usable: false,
};
