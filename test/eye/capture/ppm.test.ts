import fc from "fast-check";
import { expect, it } from "vitest";
import type { Picture } from "../../../gateway/eye/capture/film.ts";
import { readPpm } from "../../../gateway/eye/capture/ppm.ts";

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((rgb) => ({ width, height, rgb })),
  );

const written = ({ width, height, rgb }: Picture) =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb]);

/** The bytes in pieces, cut at these shares of their length. */
async function* inPieces(bytes: Buffer, cuts: readonly number[]) {
  const places = [
    0,
    ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  for (let index = 1; index < places.length; index += 1)
    yield bytes.subarray(places[index - 1], places[index]);
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for await (const each of readPpm(chunks)) pictures.push(each);
  return pictures;
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

it("reads every picture as it was written, wherever the pipe cuts the stream", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(picture, { maxLength: 5 }), cuts, async (pictures, places) => {
      const bytes = Buffer.concat(pictures.map(written));
      expect(await read(inPieces(bytes, places))).toEqual(pictures);
    }),
  );
});

it("leaves out a last picture that is cut short, and keeps those before it", async () => {
  await fc.assert(
    fc.asyncProperty(
      picture,
      picture,
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      async (first, last, share) => {
        const cut = written(last).subarray(0, Math.floor(written(last).length * share));
        expect(await read(inPieces(Buffer.concat([written(first), cut]), [0.3, 0.6]))).toEqual([first]);
      },
    ),
  );
});

it("throws on what is no pixmap", async () => {
  await expect(read(inPieces(Buffer.alloc(100, "x"), [0.1]))).rejects.toThrow("not a portable pixmap");
});
