import type { CameraState, Clock } from "../terms.ts";

export interface CameraStatus {
  readonly state: CameraState;
  readonly problem: string | null;
  readonly framesPerSecond: number;
  /** Time since the latest picture that was looked at was taken; null before the first. */
  readonly frameAgeSeconds: number | null;
}

/** Rates are measured over this long. */
const WINDOW_MS = 10_000;

/** How one camera is doing, as far as the gateway has heard. */
export class Sightings {
  readonly #clock: Clock;
  #state: CameraState = "opening";
  #problem: string | null = null;
  #pictureTime: number | null = null;
  #heard: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): CameraState {
    return this.#state;
  }

  /** Returns whether that is news. */
  change(state: CameraState, problem: string | null): boolean {
    if (state === this.#state && problem === this.#problem) return false;
    this.#state = state;
    this.#problem = problem;
    return true;
  }

  /** A picture taken at `time` was looked at. */
  saw(time: number): void {
    this.#pictureTime = time;
    this.#heard.push(this.#clock.elapsed());
    this.#forget();
  }

  status(): CameraStatus {
    this.#forget();
    const first = this.#heard[0];
    const last = this.#heard.at(-1);
    const seconds = first === undefined || last === undefined ? 0 : (last - first) / 1000;
    return {
      state: this.#state,
      problem: this.#problem,
      framesPerSecond: seconds > 0 ? (this.#heard.length - 1) / seconds : 0,
      frameAgeSeconds: this.#pictureTime === null ? null : (this.#clock.now() - this.#pictureTime) / 1000,
    };
  }

  #forget(): void {
    const since = this.#clock.elapsed() - WINDOW_MS;
    while (this.#heard.length > 0 && this.#heard[0]! < since) this.#heard.shift();
  }
}
