import type { Camera } from "./camera.ts";
import { type Polygon, type Span, spansOf } from "./polygon.ts";

/**
 * The camera with the polygons burnt into every frame, before anybody else has it: what lies under them is black, and was
 * never seen. Without polygons it is the camera itself.
 */
export function masked(camera: Camera, polygons: readonly Polygon[]): Camera {
  if (polygons.length === 0) return camera;
  const burn = burner(polygons);
  return {
    async next() {
      const frame = await camera.next();
      if (frame !== null) burn(frame);
      return frame;
    },
    close: () => camera.close(),
  };
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Blackens what lies under the polygons, in place. Their spans are worked out once for each size of picture. */
export function burner(polygons: readonly Polygon[]): (pixels: Pixels) => void {
  let size = "";
  let spans: readonly Span[] = [];
  return ({ width, height, rgb }) => {
    if (size !== `${width}×${height}`) {
      size = `${width}×${height}`;
      spans = polygons.flatMap((polygon) => spansOf(polygon, width, height));
    }
    for (const { start, end } of spans) rgb.fill(0, start * 3, end * 3);
  };
}
