/** The longest picture that is taken from a camera, in bytes: many times what one of 4K has. */
export const LONGEST_PICTURE = 16 * 2 ** 20;
const LONGEST_HEAD = 4096;

/** The boundary that a `Content-Type: multipart/…` names, or null for any other. */
export function boundaryOf(contentType: string): string | null {
  if (!/^multipart\//i.test(contentType)) return null;
  const found = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const named = found?.[1] ?? found?.[2] ?? null;
  // Some cameras name it with the dashes that belong before it.
  return named?.replace(/^--/, "") ?? null;
}

/**
 * The parts of a `multipart/x-mixed-replace` stream, each as soon as it is whole: by its `Content-Length` where it says
 * one, else when the next boundary is there. RFC 2046 §5.1. Throws when it is no such stream, or a part has no end.
 */
export async function* readParts(
  chunks: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Buffer, void, void> {
  const mark = Buffer.from(`--${boundary}`);
  let held = Buffer.alloc(0);
  /** How much of what is held has been searched in vain. */
  let searched = 0;
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const part = nextPart(held, mark, searched);
      if (part === null) {
        searched = Math.max(0, held.length - mark.length - 4);
        break;
      }
      if (part.body.length > 0) yield part.body;
      held = held.subarray(part.end);
      searched = 0;
    }
    if (held.length > LONGEST_PICTURE) throw new Error("it sends a picture without an end");
  }
}

/** The first part in `held`, and where it ends; null when it is not whole yet. */
function nextPart(held: Buffer, mark: Buffer, searched: number): { body: Buffer; end: number } | null {
  const at = held.indexOf(mark);
  if (at < 0) {
    if (held.length > LONGEST_HEAD) throw new Error("it sends something else than pictures");
    return null;
  }
  const begin = at + mark.length;
  const blank = held.indexOf("\r\n\r\n", begin);
  if (blank < 0) {
    if (held.length - begin > LONGEST_HEAD) throw new Error("it sends something else than pictures");
    return null;
  }
  const head = held.toString("latin1", begin, blank);
  const body = blank + 4;
  const length = /^content-length:\s*(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    const end = body + Number(length);
    if (Number(length) > LONGEST_PICTURE) throw new Error("it announces a picture of no sensible size");
    return held.length < end ? null : { body: held.subarray(body, end), end };
  }
  const next = held.indexOf(mark, Math.max(body, searched));
  // The line break before a boundary belongs to it.
  return next < 0 ? null : { body: trimmed(held.subarray(body, next)), end: next };
}

function trimmed(body: Buffer): Buffer {
  if (body.at(-1) !== 0x0a) return body;
  return body.subarray(0, body.at(-2) === 0x0d ? -2 : -1);
}
