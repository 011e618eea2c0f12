import type { Picture } from "./film.ts";

/** Cuts a stream of packed RGB into pictures of one size. A last one that is cut short is left out. */
export async function* readRaw(
  chunks: AsyncIterable<Uint8Array>,
  { width, height }: { readonly width: number; readonly height: number },
): AsyncGenerator<Picture, void, void> {
  let rgb = new Uint8Array(width * height * 3);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + rgb.length - filled);
      rgb.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < rgb.length) continue;
      yield { width, height, rgb };
      rgb = new Uint8Array(width * height * 3);
      filled = 0;
    }
  }
}
