import { z } from "zod";
import { failure, GatewayError, reason } from "../../../errors.ts";
import type { Clock, Frame } from "../../../terms.ts";
import { images } from "../../images.ts";
import { cameraDriver } from "../camera.ts";
import { boundaryOf, LONGEST_PICTURE, readParts } from "../http/multipart.ts";
import { openVisit, type Visit } from "../http/visit.ts";
import { Latest } from "../latest.ts";
import { addressOptions, loginOptions } from "../login.ts";
import { certificateOptions } from "../secure.ts";
import { type Size, sizeOptions } from "../size.ts";

const options = z.strictObject({
  driver: z.literal("http"),
  url: addressOptions("http", "https")
    .describe(
      "The address of an MJPEG stream, or of a single picture that is fetched again and again, without user and password.",
    )
    .meta({ examples: ["http://192.0.2.10/mjpg/video.mjpg"] }),
  ...loginOptions,
  ...certificateOptions,
  ...sizeOptions,
});

/** A network camera that gives JPEGs by HTTP. They are fetched here, so no other process ever sees the password. */
export const http = cameraDriver({
  pictures: "filmed",
  options,
  async open(wanted, { name: camera, clock }) {
    const visit = await openVisit(wanted, camera);
    const closing = new AbortController();
    const latest = new Latest<{ readonly bytes: Buffer; readonly time: number; readonly sequence: number }>();
    let sequence = 0;
    const fetching = fetchPictures(visit, wanted, clock, closing.signal, (bytes) =>
      latest.put({ bytes, time: clock.now(), sequence: sequence++ }),
    ).catch((error) => {
      const problem = error.code === "ECONNRESET" ? "it hung up" : reason(error);
      const lost = () => failure("CAMERA_LOST", { camera, problem });
      latest.fail(error instanceof GatewayError ? error : lost());
    });
    const step = 1000 / wanted.framesPerSecond;
    let due = clock.elapsed();
    return {
      async next(): Promise<Frame | null> {
        // A stream gives more than are looked at; only those that are get decoded.
        await clock.sleep(due - clock.elapsed(), closing.signal);
        for (let unreadable = 1; ; unreadable += 1) {
          const picture = await latest.take();
          if (picture === null) return null;
          due = Math.max(due + step, clock.elapsed());
          try {
            const rgb = await decode(picture.bytes, wanted);
            if (closing.signal.aborted) return null;
            const { time, sequence } = picture;
            return { camera, sequence, time, width: wanted.width, height: wanted.height, rgb };
          } catch (error) {
            if (unreadable < UNREADABLE_IN_A_ROW) continue;
            const problem = `its pictures cannot be read: ${reason(error)}`;
            throw failure("CAMERA_LOST", { camera, problem });
          }
        }
      },
      async close() {
        latest.close();
        closing.abort();
        visit.close();
        await fetching;
      },
    };
  },
});

/** One that breaks off is passed over; so many in a row, and the camera gives something else. */
const UNREADABLE_IN_A_ROW = 5;

/** Hands over every picture that the camera sends, until the signal is aborted. Throws when it sends no more. */
async function fetchPictures(
  visit: Visit,
  { framesPerSecond }: Size,
  clock: Clock,
  signal: AbortSignal,
  put: (bytes: Buffer) => void,
): Promise<void> {
  while (!signal.aborted) {
    const began = clock.elapsed();
    const answer = await visit.get(signal);
    const kind = answer.headers["content-type"] ?? "";
    const boundary = boundaryOf(kind);
    if (boundary !== null) {
      for await (const part of readParts(answer, boundary)) put(part);
      throw new Error("the stream ended");
    }
    // One that does not say what it sends may well be a camera.
    if (kind !== "" && !/^(image|application\/octet-stream)/i.test(kind)) {
      answer.destroy();
      throw new Error(`it sends no picture but ${kind}`);
    }
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      parts.push(chunk);
      length += chunk.length;
      if (length > LONGEST_PICTURE) throw new Error("it sends a picture without an end");
    }
    put(Buffer.concat(parts));
    await clock.sleep(1000 / framesPerSecond - (clock.elapsed() - began), signal);
  }
}

/** 8K. A few hundred bytes can claim to be a picture that takes a gigabyte of memory. */
const MOST_PIXELS = 7680 * 4320;

/** A JPEG as packed RGB of that size, with bars where its shape is another. Throws what sharp throws. */
async function decode(bytes: Buffer, { width, height }: Size): Promise<Uint8Array> {
  const sharp = await images();
  return sharp(bytes, { failOn: "error", autoOrient: true, limitInputPixels: MOST_PIXELS })
    .resize({ width, height, fit: "contain", background: "black" })
    .flatten({ background: "black" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
}
