/**
 * Whether a sound rises and falls as speech does: syllables come about four a second, in every language
 * (Houtgast and Steeneken 1985; as a detector: Scheirer and Slaney 1997). Only loudness is looked at: it hears no word.
 * Many voices at once fill each other's pauses and count for less than one does.
 */
export const STEPS_A_SECOND = 100;
const STEPS = 2 * STEPS_A_SECOND;

/** Below this, in dB of full scale, there is nothing to speak of. */
const SILENCE = -70;
/** Pauses count as this much below the loudest at most, or a second of silence would be the strongest movement of all. */
const DEEPEST = 30;
/** Standard deviation in dB; steady noise has less than 1, speech 6 to 10. */
const LEAST_MOVEMENT = 3.5;
/** Share of the movement from 0.5 to 20 Hz that is as fast as syllables. */
const LEAST_SYLLABIC = 0.4;
const SYLLABLES = { from: 2, to: 8 };
const FASTEST = 20;

/** `levels` are two seconds of the speech band's level in dB, a hundred a second. */
export function isSpeechLike(levels: ArrayLike<number>): boolean {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < STEPS; i++) peak = Math.max(peak, levels[i]!);
  if (peak < SILENCE) return false;
  const curve = Float64Array.from({ length: STEPS }, (_, i) => Math.max(levels[i]!, peak - DEEPEST));
  const mean = curve.reduce((sum, level) => sum + level, 0) / STEPS;
  const variance = curve.reduce((sum, level) => sum + (level - mean) ** 2, 0) / STEPS;
  if (Math.sqrt(variance) < LEAST_MOVEMENT) return false;
  let [syllabic, all] = [0, 0];
  for (let hertz = 0.5; hertz <= FASTEST; hertz += 0.5) {
    const power = powerAt(curve, mean, hertz);
    all += power;
    if (hertz >= SYLLABLES.from && hertz <= SYLLABLES.to) syllabic += power;
  }
  return syllabic / all >= LEAST_SYLLABIC;
}

/** One line of the curve's spectrum. */
function powerAt(curve: Float64Array, mean: number, hertz: number): number {
  const angle = (2 * Math.PI * hertz) / STEPS_A_SECOND;
  let [real, imaginary] = [0, 0];
  for (let i = 0; i < curve.length; i++) {
    real += (curve[i]! - mean) * Math.cos(angle * i);
    imaginary += (curve[i]! - mean) * Math.sin(angle * i);
  }
  return real * real + imaginary * imaginary;
}
