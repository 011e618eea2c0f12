import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundaryOf, LONGEST_PICTURE, readParts } from "../../../gateway/eye/capture/http/multipart.ts";

/** Sends the bytes in pieces that are cut at those places. */
async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(from, place);
    from = place;
  }
}

async function read(bytes: Buffer, cuts: readonly number[] = []): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of readParts(inPieces(bytes, cuts), "frame")) parts.push(Buffer.from(part));
  return parts;
}

const part = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe("a stream of parts", () => {
  it("comes out as it went in, wherever it is cut, with lengths and without", async () => {
    const cuts = fc.array(fc.nat(5000), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 6 }),
        cuts,
        fc.boolean(),
        async (bodies, places, lengths) => {
          fc.pre(bodies.every((body) => !body.includes("--frame")));
          // Without lengths a line break at a part's end cannot be told from the one before the boundary.
          fc.pre(lengths || bodies.every((body) => body.at(-1) !== 0x0a && body.at(-1) !== 0x0d));
          const stream = bodies.flatMap((body) => [
            Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\n`),
            Buffer.from(lengths ? `Content-Length: ${body.length}\r\n\r\n` : "\r\n"),
            body,
            Buffer.from("\r\n"),
          ]);
          const bytes = Buffer.concat([...stream, Buffer.from("--frame--\r\n")]);
          expect(await read(bytes, places)).toEqual(bodies);
        },
      ),
    );
  });

  it("that is something else is refused", async () => {
    await expect(read(Buffer.alloc(10_000, "x"))).rejects.toThrow("something else than pictures");
    await expect(read(Buffer.from(`--frame\r\n${"x: y\r\n".repeat(2000)}`))).rejects.toThrow(
      "something else",
    );
  });

  it("is not kept without bounds when a picture has no end", async () => {
    const head = Buffer.from(`--frame\r\nContent-Length: ${LONGEST_PICTURE + 1}\r\n\r\n`);
    await expect(read(head)).rejects.toThrow("no sensible size");
    const endless = Buffer.concat([Buffer.from("--frame\r\n\r\n"), Buffer.alloc(LONGEST_PICTURE + 1)]);
    await expect(read(endless)).rejects.toThrow("without an end");
  });
});

describe("the boundary of a stream of parts", () => {
  it.each([
    ["multipart/x-mixed-replace; boundary=frame", "frame"],
    ["multipart/x-mixed-replace;boundary=--frame", "frame"],
    ['Multipart/Mixed; charset=x; boundary="a b;c"', "a b;c"],
    ["image/jpeg", null],
    ["multipart/x-mixed-replace", null],
    ["", null],
  ])("is read from %j", (contentType, boundary) => {
    expect(boundaryOf(contentType)).toBe(boundary);
  });
});
