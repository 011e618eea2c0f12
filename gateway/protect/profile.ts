import { reason } from "../errors.ts";
import { readSignoff } from "./signoff.ts";

/**
 * How far a school lets the gateway go.
 *  - `aggregate`: the room only, in groups of five or more, over ten seconds or more.
 *  - `research`: zones of a room too, in groups of ten or more; needs a signed-off assessment.
 *  - `eu`: the cameras stay shut until a legal basis is recorded; then only how many heads there are and where they are
 *    turned to, and nothing inferred from that (EU AI Act, Art. 5(1)(f), and the Commission's guidelines on it).
 *  - `off`: the cameras stay shut.
 */
export const PROFILES = ["aggregate", "research", "eu", "off"] as const;
export type Profile = (typeof PROFILES)[number];

/** What a profile lets a window say, and of how many heads it must be about. */
export interface Bounds {
  readonly minimumGroup: number;
  readonly zones: boolean;
  /** Whether anything beyond heads and directions may be said: focus, shifts, synchrony. */
  readonly inference: boolean;
}

export const BOUNDS: Readonly<Record<Profile, Bounds>> = {
  aggregate: { minimumGroup: 5, zones: false, inference: true },
  research: { minimumGroup: 10, zones: true, inference: true },
  eu: { minimumGroup: 5, zones: false, inference: false },
  off: { minimumGroup: 5, zones: false, inference: false },
};

/** Whether a camera may open; when not, why, for people. */
export type Permission = { readonly granted: true } | { readonly granted: false; readonly because: string };

export interface PermissionOptions {
  readonly profile: Profile;
  /** The file with the sign-off that `research` and `eu` need. */
  readonly signoff?: string | undefined;
}

/** Asks the profile. Reads the sign-off anew each time: one that was withdrawn holds no longer. Never rejects. */
export async function askProfile(
  { profile, signoff }: PermissionOptions,
  place: { readonly site: string; readonly room: string },
  now: number,
): Promise<Permission> {
  switch (profile) {
    case "aggregate":
      return { granted: true };
    case "off":
      return { granted: false, because: "the profile is off" };
    case "research":
    case "eu":
      if (signoff === undefined)
        return { granted: false, because: `the profile ${profile} needs a sign-off` };
      return readSignoff(signoff, { profile, ...place }, now).then(
        () => ({ granted: true }) as const,
        (error) => ({ granted: false, because: reason(error) }) as const,
      );
  }
}
