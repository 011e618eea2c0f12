import type { Picture } from "./canvas.ts";
import { randomFrom } from "./random.ts";

export interface Lighting {
  /** 1 is a bright day; 0.4 a dim room. */
  readonly brightness: number;
  /** From −1 (blue, overcast) to 1 (yellow lamps). */
  readonly warmth: number;
}

/** Changes the picture's light in place. */
export function relight({ rgb }: Picture, { brightness, warmth }: Lighting): void {
  if (brightness === 1 && warmth === 0) return;
  const gains = [1 + 0.14 * warmth, 1 + 0.02 * warmth, 1 - 0.2 * warmth];
  const tables = gains.map((gain) =>
    Uint8ClampedArray.from({ length: 256 }, (_, v) => v * gain * brightness),
  );
  const [red, green, blue] = tables as [Uint8ClampedArray, Uint8ClampedArray, Uint8ClampedArray];
  for (let i = 0; i < rgb.length; i += 3) {
    rgb[i] = red[rgb[i]!]!;
    rgb[i + 1] = green[rgb[i + 1]!]!;
    rgb[i + 2] = blue[rgb[i + 2]!]!;
  }
}

const GRAIN = 1 << 18;
let grain: Int8Array | undefined;

/** Adds sensor noise in place: standard deviation in grey levels, other in every frame. */
export function addNoise({ rgb }: Picture, deviation: number, frameSeed: number): void {
  if (deviation === 0) return;
  grain ??= gaussian();
  const random = randomFrom(frameSeed, 90);
  const gain = deviation / 32;
  for (let start = 0; start < rgb.length; start += 4096) {
    let from = Math.floor(random() * (GRAIN - 4096));
    const end = Math.min(rgb.length, start + 4096);
    for (let i = start; i < end; i++) {
      const value = rgb[i]! + grain[from++]! * gain;
      rgb[i] = Math.max(0, Math.min(255, value));
    }
  }
}

/** A table of normal deviates times 32 (Box–Muller), made once. */
function gaussian(): Int8Array {
  const random = randomFrom(91);
  return Int8Array.from({ length: GRAIN }, () => {
    const value = 32 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(-127, Math.min(127, value));
  });
}
