/** Small words of drawing: colours, outlines and SVG's own syntax. */
export type Dot = readonly [x: number, y: number];

const channels = (colour: string): number[] => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** `#rrggbb` mixed with another, 0 … 1. */
export function mix(colour: string, other: string, share: number): string {
  const [a, b] = [channels(colour), channels(other)];
  const mixed = a.map((value, index) => Math.round(value + (b[index]! - value) * share));
  return `#${mixed.map((value) => Math.max(0, Math.min(255, value)).toString(16).padStart(2, "0")).join("")}`;
}
export const darker = (colour: string, share: number): string => mix(colour, "#1c0f12", share);
export const lighter = (colour: string, share: number): string => mix(colour, "#fff4e6", share);

const WRITTEN: string[] = [];

/**
 * A number in SVG, to a tenth of a pixel, which is finer than anybody sees move. Written once and looked up ever
 * after, and no longer than need be: writing and reading numbers is a third of the time that a picture takes.
 */
export function n(value: number): string {
  const tenths = Math.round(value * 10);
  if (tenths < 0) return String(tenths / 10);
  WRITTEN[tenths] ??= String(tenths / 10);
  return WRITTEN[tenths];
}

export const polyline = (dots: readonly Dot[]): string =>
  dots.map(([x, y], index) => `${index === 0 ? "M" : "L"}${n(x)} ${n(y)}`).join("");
export const polygon = (dots: readonly Dot[]): string => `${polyline(dots)}Z`;

/**
 * A smooth closed outline through the dots (Catmull–Rom, as Béziers). Its tangents are the same on both sides of a dot,
 * which is what SVG's short form `S` means.
 */
export function outline(dots: readonly Dot[]): string {
  const at = (index: number) => dots[(index + dots.length) % dots.length]!;
  const control = (a: Dot, b: Dot, c: Dot, side: number) =>
    `${n(b[0] + (side * (c[0] - a[0])) / 6)} ${n(b[1] + (side * (c[1] - a[1])) / 6)} `;
  let path = `M${n(at(0)[0])} ${n(at(0)[1])}`;
  for (let i = 0; i < dots.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += i === 0 ? `C${control(a, b, c, 1)}` : "S";
    path += `${control(b, c, d, -1)}${n(c[0])} ${n(c[1])}`;
  }
  return `${path}Z`;
}

const DIRECTIONS = Array.from({ length: 26 }, (_, k): Dot => {
  const angle = (k * 2 * Math.PI) / 26;
  return [Math.cos(angle), Math.sin(angle)];
});

/** The outline around a cloud of dots: those that lie farthest in each of twenty-six directions, in order. */
export function around(dots: readonly Dot[]): Dot[] {
  const ring: Dot[] = [];
  for (const [u, v] of DIRECTIONS) {
    let farthest = dots[0]!;
    let reach = -Infinity;
    for (const dot of dots) {
      const along = dot[0] * u + dot[1] * v;
      if (along > reach) {
        reach = along;
        farthest = dot;
      }
    }
    if (farthest !== ring.at(-1) && farthest !== ring[0]) ring.push(farthest);
  }
  return ring;
}

export interface Ink {
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly opacity?: number;
}

/**
 * Faintness is given to fill and stroke and never as `opacity`, for which librsvg paints every shape into a layer of
 * its own: that doubled the time of a picture.
 */
const faint = (kind: "fill" | "stroke", opacity: number | undefined): string =>
  opacity === undefined || opacity >= 1 ? "" : ` ${kind}-opacity="${Math.round(opacity * 100) / 100}"`;

export function path(d: string, { fill = "none", stroke, width = 1, opacity }: Ink): string {
  const area = fill === "none" ? "" : faint("fill", opacity);
  const line = stroke
    ? ` stroke="${stroke}" stroke-width="${n(width)}" stroke-linecap="round" stroke-linejoin="round"${faint("stroke", opacity)}`
    : "";
  return `<path d="${d}" fill="${fill}"${area}${line}/>`;
}

export function ellipse(x: number, y: number, rx: number, ry: number, fill: string, opacity = 1): string {
  return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${fill}"${faint("fill", opacity)}/>`;
}

/** Gradients that every drawing may use: a soft shadow, a soft light and a blush that fade out to the edge of their shape. */
export const softInks =
  "<defs>" +
  [
    ["shade", "#2a0e10"],
    ["glow", "#fff6e8"],
    ["blush", "#e0483c"],
  ]
    .map(
      ([id, colour]) =>
        `<radialGradient id="${id}"><stop offset="0" stop-color="${colour}" stop-opacity="1"/>` +
        `<stop offset=".55" stop-color="${colour}" stop-opacity=".42"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`,
    )
    .join("") +
  "</defs>";
