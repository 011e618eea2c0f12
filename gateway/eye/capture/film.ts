/** A picture out of a file, on its way to becoming a frame: packed 8-bit RGB, `width * height * 3` bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  /** The name of its file, if it has one of its own. */
  readonly file?: string;
}

/**
 * Pictures in order, once through. Nothing is read before the first is asked for, and never much more than was asked
 * for. When the signal is aborted, or the one who reads turns away, everything behind it ends. Throws a GatewayError
 * rather than being empty, so that a film played in a loop cannot spin.
 */
export type Film = (signal: AbortSignal) => AsyncGenerator<Picture, void, void>;

/** The film over and over, until the signal is aborted. */
export function inLoop(film: Film): Film {
  return async function* (signal) {
    while (!signal.aborted) yield* film(signal);
  };
}
