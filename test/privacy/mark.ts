import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** Blocks of the mark in a row and in a column, and the pixels along a block's side. */
const BLOCKS = 12;
const SIDE = 8;

/**
 * A canary: a square of blocks in random colours, which no other picture has. A block is eight pixels wide, so that the
 * colours survive when a picture is made smaller by two, four or eight.
 */
export interface Mark {
  /** PNG of the picture with the mark burnt into its top left corner. */
  burnInto(picture: Buffer): Promise<Buffer>;
  /** Byte strings of which at least one stands in every copy of a marked picture, by name. */
  readonly traces: ReadonlyMap<string, Buffer>;
  /** Those of every fourth row: where a picture lies whole in memory, all its rows do. */
  readonly fewTraces: ReadonlyMap<string, Buffer>;
  /** Whether a picture in any format that sharp reads shows the mark, at whatever size. */
  shows(picture: Buffer): Promise<boolean>;
}

export function makeMark(): Mark {
  const colours = randomBytes(BLOCKS * BLOCKS * 3);
  const rows = Array.from({ length: BLOCKS }, (_, row) =>
    colours.subarray(row * BLOCKS * 3, (row + 1) * BLOCKS * 3),
  );
  const traces = new Map<string, Buffer>();
  const fewTraces = new Map<string, Buffer>();
  for (const [number, row] of rows.entries()) {
    const keep = (name: string, trace: Buffer) => {
      traces.set(name, trace);
      if (number % 4 === 0) fewTraces.set(name, trace);
    };
    for (const times of [8, 4, 2, 1]) {
      for (const [format, channels] of Object.entries(FORMATS)) {
        const raw = pixels(row, times, channels);
        keep(`row ${number} as ${format}, 1/${SIDE / times}`, raw);
        // Base64 looks different for each way in which the bytes fall into threes.
        if (format === "RGB") {
          for (const shift of [0, 1, 2]) {
            const text = raw.subarray(shift, shift + 3 * Math.floor((raw.length - shift) / 3));
            keep(
              `row ${number} as base64 +${shift}, 1/${SIDE / times}`,
              Buffer.from(text.toString("base64")),
            );
          }
        }
      }
    }
  }

  return {
    traces,
    fewTraces,
    async burnInto(picture) {
      const raw = { width: BLOCKS, height: BLOCKS, channels: 3 as const };
      const square = await sharp(colours, { raw })
        .resize(BLOCKS * SIDE, BLOCKS * SIDE, { kernel: "nearest" })
        .png()
        .toBuffer();
      return sharp(picture)
        .removeAlpha()
        .composite([{ input: square, left: 0, top: 0 }])
        .png()
        .toBuffer();
    },
    async shows(picture) {
      const { width = 0, height = 0 } = await sharp(picture).metadata();
      for (const side of [1, 2, 4, 8].map((part) => (BLOCKS * SIDE) / part)) {
        if (Math.min(width, height) < side) continue;
        const seen = await sharp(picture)
          .removeAlpha()
          .toColourspace("srgb")
          .extract({ left: 0, top: 0, width: side, height: side })
          .resize(BLOCKS, BLOCKS, { kernel: "cubic" })
          .raw()
          .toBuffer();
        // Brightness only: JPEG halves the resolution of colour. With 144 blocks chance gives 0.08.
        if (seen.length === colours.length && correlation(luma(seen), luma(colours)) > 0.5) return true;
      }
      return false;
    },
  };
}

/** How one pixel's three bytes are laid out, in the ways in which pictures lie in memory. */
const FORMATS: Readonly<Record<string, readonly number[]>> = {
  RGB: [0, 1, 2],
  BGR: [2, 1, 0],
  RGBA: [0, 1, 2, -1],
  BGRA: [2, 1, 0, -1],
};

function pixels(row: Buffer, times: number, channels: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    for (let time = 0; time < times; time += 1) {
      for (const channel of channels) bytes.push(channel < 0 ? 255 : row[block * 3 + channel]!);
    }
  }
  return Buffer.from(bytes);
}

const luma = (rgb: Buffer): Buffer =>
  Buffer.from(
    Array.from({ length: rgb.length / 3 }, (_, i) =>
      Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
    ),
  );

/** Pearson's r of two byte strings of one length. */
function correlation(a: Buffer, b: Buffer): number {
  const mean = (bytes: Buffer) => bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb || 1);
}
