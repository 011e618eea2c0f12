import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { A_WEIGHTING, openFilter } from "../../../gateway/eye/sound/filter.ts";
import { openHearing, SAMPLE_RATE } from "../../../gateway/eye/sound/hearing.ts";
import { findProgram } from "../../support/programs.ts";

const SECONDS = 8;
const ffmpeg = findProgram("ffmpeg");

/** What is heard of a sound that is given as a function of seconds. */
function hear(sound: (second: number) => number) {
  return openHearing(SECONDS)(
    Float32Array.from({ length: SECONDS * SAMPLE_RATE }, (_, i) => sound(i / SAMPLE_RATE)),
  )[0]!;
}

const tone = (hertz: number, amplitude: number) => (second: number) =>
  amplitude * Math.sin(2 * Math.PI * hertz * second);

/** The same noise every time. */
function noise(amplitude: number) {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return amplitude * (state / 2 ** 31 - 1);
  };
}

describe("how loud it is", () => {
  it("is the tone's own level at 1 kHz, in dB of full scale", () => {
    expect(hear(tone(1_000, 1)).level).toBeCloseTo(-3.01, 1);
    expect(hear(tone(1_000, 0.1)).level).toBeCloseTo(-23.01, 1);
  });

  it("is weighted as people hear, by the table in IEC 61672-1", () => {
    const table = { 63: -26.2, 125: -16.1, 250: -8.6, 500: -3.2, 1000: 0, 2000: 1.2, 4000: 1.0, 8000: -1.1 };
    for (const [hertz, weight] of Object.entries(table)) {
      const weigh = openFilter(A_WEIGHTING, SAMPLE_RATE, 1_000);
      const sound = tone(Number(hertz), 1);
      let sum = 0;
      for (let i = 0; i < SAMPLE_RATE; i++) {
        const weighed = weigh(sound(i / SAMPLE_RATE));
        if (i >= SAMPLE_RATE / 2) sum += weighed ** 2;
      }
      const level = 10 * Math.log10(sum / (SAMPLE_RATE / 2)) + 3.01;
      expect(Math.abs(level - weight), `${hertz} Hz`).toBeLessThan(hertz === "8000" ? 1 : 0.3);
    }
  });

  it("is no number when there is nothing at all: a microphone that is switched off", () => {
    expect(hear(() => 0).level).toBe(Number.NEGATIVE_INFINITY);
  });

  it("is told once for each stretch, however the samples come", () => {
    const hearing = openHearing(2);
    const sound = tone(440, 0.3);
    const levels = [];
    let at = 0;
    for (const length of [7, 48_001, 100_000, 3, 140_000, 1]) {
      const samples = Array.from({ length }, () => sound(at++ / SAMPLE_RATE));
      levels.push(...hearing(samples).map(({ level }) => level));
    }
    expect(levels).toHaveLength(3);
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(0.5);
  });
});

describe("whether it moves as speech does", () => {
  it("does not in silence, a tone, or steady noise", () => {
    expect(hear(() => 0).speech).toBe(0);
    expect(hear(tone(440, 0.3)).speech).toBe(0);
    expect(hear(noise(0.2)).speech).toBe(0);
  });

  it("does in noise that comes and goes four times a second, and not in one that does so slowly or fast", () => {
    const coming = (hertz: number) => {
      const sound = noise(0.3);
      return hear((second) => sound() * (0.02 + Math.max(0, Math.sin(2 * Math.PI * hertz * second)))).speech;
    };
    expect(coming(4)).toBe(1);
    expect(coming(0.5)).toBe(0);
    expect(coming(15)).toBe(0);
  });

  it.skipIf(!ffmpeg || !speaks())(
    "does in a synthetic voice (skipped without an ffmpeg that has flite)",
    () => {
      const text =
        "Please open your books on page twenty four. Who can tell me why the shadow of the tree is longer in the evening than at noon? Think about it for a moment, and then write down what you believe.";
      const bytes = execFileSync(
        ffmpeg!,
        [
          "-loglevel",
          "error",
          "-f",
          "lavfi",
          "-i",
          `flite=text='${text}'`,
          "-ar",
          "48000",
          "-ac",
          "1",
          "-f",
          "f32le",
          "-",
        ],
        { maxBuffer: 2 ** 26 },
      );
      const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      const { speech } = openHearing(Math.floor(samples.length / SAMPLE_RATE))(samples)[0]!;
      expect(speech).toBeGreaterThan(0.7);
    },
  );
});

function speaks(): boolean {
  return execFileSync(ffmpeg!, ["-hide_banner", "-filters"], { stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .includes(" flite ");
}
