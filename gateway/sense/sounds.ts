import type { Sound } from "../terms.ts";

/** How the eye's microphones get to their sensors. The ear itself is in the eye, for `sense` never holds a sound. */
export interface Sounds {
  /** The eye has heard something. What nobody listens to is dropped. */
  heard(sound: Sound): void;
  /** The eye cannot hear, or (null) can again. */
  away(microphone: string, away: Deafness | null): void;
  /** One listener a microphone; told at once when it cannot hear at present. Returns what ends it. */
  listen(microphone: string, listener: SoundListener): () => void;
}

export interface Deafness {
  readonly state: "lost" | "paused";
  readonly why: string;
}

export interface SoundListener {
  readonly heard: (sound: Sound) => void;
  readonly away: (away: Deafness) => void;
}

export function openSounds(): Sounds {
  const listeners = new Map<string, SoundListener>();
  const deaf = new Map<string, Deafness>();
  return {
    heard(sound) {
      deaf.delete(sound.microphone);
      listeners.get(sound.microphone)?.heard(sound);
    },
    away(microphone, away) {
      if (away === null) return void deaf.delete(microphone);
      deaf.set(microphone, away);
      listeners.get(microphone)?.away(away);
    },
    listen(microphone, listener) {
      listeners.set(microphone, listener);
      const away = deaf.get(microphone);
      if (away) listener.away(away);
      return () => {
        if (listeners.get(microphone) === listener) listeners.delete(microphone);
      };
    },
  };
}
