/** A chain of first-order sections, each made from its analogue by the bilinear transform. It keeps its state. */
export type Filter = (sample: number) => number;

/** A section and the frequency in Hz at which it begins to take away. */
export type Section = readonly ["high" | "low", number];

/** Passes 1 at `unityHz`. */
export function openFilter(sections: readonly Section[], sampleRate: number, unityHz: number): Filter {
  const chain = sections.map(([pass, corner]) => section(pass, corner, sampleRate));
  const gain = 1 / chain.reduce((product, { at }) => product * at(unityHz), 1);
  return (sample) => {
    let value = sample * gain;
    for (const { next } of chain) value = next(value);
    return value;
  };
}

function section(pass: Section[0], corner: number, sampleRate: number) {
  const k = (Math.PI * corner) / sampleRate;
  const feedback = (1 - k) / (1 + k);
  const gain = (pass === "high" ? 1 : k) / (1 + k);
  const sign = pass === "high" ? -1 : 1;
  let [before, out] = [0, 0];
  return {
    next(sample: number): number {
      out = gain * (sample + sign * before) + feedback * out;
      before = sample;
      return out;
    },
    /** What is left of a tone of that frequency. */
    at(hertz: number): number {
      const angle = (2 * Math.PI * hertz) / sampleRate;
      const top = Math.hypot(1 + sign * Math.cos(angle), Math.sin(angle));
      const bottom = Math.hypot(1 - feedback * Math.cos(angle), feedback * Math.sin(angle));
      return (gain * top) / bottom;
    },
  };
}

/** IEC 61672-1, annex E: how loud people find low and high tones. Above 8 kHz the transform takes off some more. */
export const A_WEIGHTING: readonly Section[] = [
  ["high", 20.598997],
  ["high", 20.598997],
  ["high", 107.65265],
  ["high", 737.86223],
  ["low", 12_194.217],
  ["low", 12_194.217],
];

/** Where most of what makes speech intelligible lies, as on a telephone line. */
export const SPEECH_BAND: readonly Section[] = [
  ["high", 300],
  ["high", 300],
  ["low", 3_400],
  ["low", 3_400],
];
