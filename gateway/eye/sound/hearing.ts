import { A_WEIGHTING, openFilter, SPEECH_BAND } from "./filter.ts";
import { isSpeechLike, STEPS_A_SECOND } from "./speech.ts";

export const SAMPLE_RATE = 48_000;
const STEP = SAMPLE_RATE / STEPS_A_SECOND;
const QUIETEST = -120;

/** Two numbers about a stretch of sound; see `Sound` in terms.ts. */
export interface Heard {
  readonly level: number;
  /** Null in the first second, before there were two to go by. */
  readonly speech: number | null;
}

/**
 * Turns samples into two numbers every so many seconds. Of the samples nothing is kept but sums, and of those the last
 * two seconds' loudness.
 */
export function openHearing(everySeconds: number): (samples: ArrayLike<number>) => Heard[] {
  const weigh = openFilter(A_WEIGHTING, SAMPLE_RATE, 1_000);
  const band = openFilter(SPEECH_BAND, SAMPLE_RATE, 1_000);
  /** Levels of the speech band, oldest first. */
  const levels: number[] = [];
  let [count, loudness, inBand] = [0, 0, 0];
  let [asked, speechLike] = [0, 0];

  /** At the end of every second, about the last two. */
  function listenForSpeech(): void {
    if (levels.length < 2 * STEPS_A_SECOND) return;
    levels.splice(0, levels.length - 2 * STEPS_A_SECOND);
    asked += 1;
    if (isSpeechLike(levels)) speechLike += 1;
  }

  return (samples) => {
    const heard: Heard[] = [];
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i]!;
      loudness += weigh(sample) ** 2;
      inBand += band(sample) ** 2;
      count += 1;
      if (count % STEP === 0) {
        levels.push(Math.max(QUIETEST, 10 * Math.log10(inBand / STEP)));
        inBand = 0;
      }
      if (count % SAMPLE_RATE === 0) listenForSpeech();
      if (count === everySeconds * SAMPLE_RATE) {
        heard.push({
          level: 10 * Math.log10(loudness / count),
          speech: asked === 0 ? null : speechLike / asked,
        });
        [count, loudness, asked, speechLike] = [0, 0, 0, 0];
      }
    }
    return heard;
  };
}
