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

/** Two decimals are a hundredth of a pixel: enough for motion to look smooth. */
export const n = (value: number): string => String(Math.round(value * 100) / 100);

export const polyline = (dots: readonly Dot[]): string =>
  dots.map(([x, y], index) => `${index === 0 ? "M" : "L"}${n(x)} ${n(y)}`).join("");
export const polygon = (dots: readonly Dot[]): string => `${polyline(dots)}Z`;

/** A smooth closed outline through the dots (Catmull–Rom, as Béziers). */
export function outline(dots: readonly Dot[]): string {
  const at = (index: number) => dots[(index + dots.length) % dots.length]!;
  let path = `M${n(at(0)[0])} ${n(at(0)[1])}`;
  for (let i = 0; i < dots.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += `C${n(b[0] + (c[0] - a[0]) / 6)} ${n(b[1] + (c[1] - a[1]) / 6)} ${n(c[0] - (d[0] - b[0]) / 6)} ${n(c[1] - (d[1] - b[1]) / 6)} ${n(c[0])} ${n(c[1])}`;
  }
  return `${path}Z`;
}

/** The convex hull, clockwise in the picture (Andrew's monotone chain). */
export function hull(dots: readonly Dot[]): Dot[] {
  const sorted = [...dots].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Dot[]): Dot[] => {
    const chain: Dot[] = [];
    for (const dot of list) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, dot) <= 0) chain.pop();
      chain.push(dot);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
const turn = (a: Dot, b: Dot, c: Dot): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

export interface Ink {
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly opacity?: number;
}

export function path(d: string, { fill = "none", stroke, width = 1, opacity }: Ink): string {
  const line = stroke
    ? ` stroke="${stroke}" stroke-width="${n(width)}" stroke-linecap="round" stroke-linejoin="round"`
    : "";
  const faint = opacity === undefined ? "" : ` opacity="${n(opacity)}"`;
  return `<path d="${d}" fill="${fill}"${line}${faint}/>`;
}

export function ellipse(
  x: number,
  y: number,
  rx: number,
  ry: number,
  fill: string,
  opacity = 1,
  turn = 0,
): string {
  const turned = turn ? ` transform="rotate(${n(turn)} ${n(x)} ${n(y)})"` : "";
  return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${fill}" opacity="${n(opacity)}"${turned}/>`;
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
