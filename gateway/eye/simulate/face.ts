import { facing, onFace, type Projection } from "./form.ts";
import { type Dot, darker, ellipse, lighter, mix, n, outline, path, polygon, polyline } from "./paint.ts";
import type { Person } from "./person.ts";
import { clamp, turned, type Vector } from "./rotation.ts";

/** What is in a face: shadows, nose, mouth, eyes, brows, glasses. */
export interface Expression {
  readonly eyes: { readonly yaw: number; readonly pitch: number };
  readonly eyesOpen: number;
}

/** Heads smaller than this many pixels to half a face's width are drawn without what would be finer than a pixel. */
const FINE = 17;

export function drawFeatures(p: Projection, person: Person, expression: Expression): string {
  return [
    drawRelief(p),
    drawMouth(p, person),
    drawNose(p, person),
    drawEye(p, person, expression, -1),
    drawEye(p, person, expression, 1),
    person.glasses ? drawGlasses(p, person.glasses) : "",
  ].join("");
}

/** A soft ellipse lying on the face. */
function patch(
  p: Projection,
  x: number,
  y: number,
  rx: number,
  ry: number,
  ink: string,
  opacity: number,
): string {
  const seen = facing(p.matrix, x, y);
  if (seen < 0.05) return "";
  const ring: Vector[] = [];
  for (let k = 0; k < 10; k++) {
    const a = (k * Math.PI) / 5;
    ring.push(onFace(x + rx * Math.cos(a), y + ry * Math.sin(a), 0.01));
  }
  return path(outline(p.dots(ring)), { fill: `url(#${ink})`, opacity: opacity * clamp(seen * 2.5, 0, 1) });
}

/** Sockets, cheeks, chin: the lights and shadows of a face lit from above. */
function drawRelief(p: Projection): string {
  return [
    patch(p, -0.4, 0.06, 0.3, 0.2, "shade", 0.3),
    patch(p, 0.4, 0.06, 0.3, 0.2, "shade", 0.3),
    patch(p, -0.52, -0.42, 0.3, 0.26, "blush", 0.16),
    patch(p, 0.52, -0.42, 0.3, 0.26, "blush", 0.16),
    patch(p, 0, 0.6, 0.55, 0.28, "glow", 0.24),
    patch(p, -0.5, -0.28, 0.26, 0.16, "glow", 0.26),
    patch(p, 0.5, -0.28, 0.26, 0.16, "glow", 0.24),
    patch(p, 0, -1.08, 0.3, 0.09, "shade", 0.32),
    patch(p, 0, -1.24, 0.2, 0.11, "glow", 0.22),
  ].join("");
}

/** Where the light comes from: the windows on the left and the lamps above. */
const LIGHT: Vector = [-0.24, 0.66, 0.7];

/** Three planes, each as bright as it is turned to the light. This wedge is what tells the networks the angle. */
function drawNose(p: Projection, { skin }: Person): string {
  const tip: Vector = [0, -0.36, 1.4];
  const top: Vector = [0, 0.12, 1.06];
  const base: Vector = [0, -0.53, 1.12];
  const wing = (side: number): Vector => [0.21 * side, -0.48, 1.05];
  const root = (side: number): Vector => [0.11 * side, 0.06, 1.03];
  const plane = (corners: readonly Vector[], normal: Vector): string => {
    const light = turnedDot(p, normal, LIGHT);
    const fill = light > 0.62 ? lighter(skin, (light - 0.62) * 0.55) : darker(skin, (0.62 - light) * 0.5);
    const toViewer = turned(p.matrix, normal)[2];
    return toViewer <= -0.1 ? "" : path(outline(p.dots(corners)), { fill, opacity: 0.9 });
  };
  const left = plane([top, tip, wing(-1), root(-1)], [-0.8, 0.1, 0.6]);
  const right = plane([top, tip, wing(1), root(1)], [0.8, 0.1, 0.6]);
  const under = plane([wing(-1), tip, wing(1), base], [0, -0.75, 0.66]);
  const nostril = (side: number): string => {
    const [x, y] = p.dot([0.1 * side, -0.505, 1.12]);
    return turned(p.matrix, [0.35 * side, -0.6, 0.7])[2] < 0.1
      ? ""
      : ellipse(x, y, 0.05 * p.size, 0.032 * p.size, darker(skin, 0.75), 0.85);
  };
  const [tx, ty] = p.dot([-0.02, -0.32, 1.4]);
  const sides = p.matrix[0][2] > 0 ? right + left : left + right;
  return (
    patch(p, 0, -0.59, 0.22, 0.09, "shade", 0.35) +
    sides +
    under +
    nostril(-1) +
    nostril(1) +
    ellipse(tx, ty, 0.12 * p.size, 0.12 * p.size, "url(#glow)", 0.5)
  );
}

const turnedDot = (p: Projection, normal: Vector, light: Vector): number => {
  const [x, y, z] = turned(p.matrix, normal);
  return (x * light[0] + y * light[1] + z * light[2]) / Math.hypot(...normal);
};

function drawMouth(p: Projection, { skin, smile }: Person): string {
  if (facing(p.matrix, 0, -0.9) < 0.05) return "";
  const at = (u: number, y: number, lift: number): Vector =>
    onFace(0.31 * u, -0.84 + y + smile * u * u, lift * (1 - 0.6 * u * u));
  const row = (height: (u: number) => number, lift: number): Vector[] =>
    [-1, -0.6, -0.25, 0, 0.25, 0.6, 1].map((u) => at(u, height(u), lift));
  const middle = row(() => 0, 0.08);
  const upper = row((u) => 0.085 * (1 - u * u) * (Math.abs(u) < 0.1 ? 0.85 : 1), 0.1);
  const lower = row((u) => -0.12 * (1 - u * u), 0.11);
  const lips = mix(skin, "#b03a44", 0.42);
  const between = (a: readonly Vector[], b: readonly Vector[]): string =>
    polygon([...p.dots(a), ...p.dots(b).reverse()]);
  return (
    path(between(upper, middle), { fill: darker(lips, 0.18) }) +
    path(between(lower, middle), { fill: lighter(lips, 0.12) }) +
    path(polyline(p.dots(middle)), { stroke: darker(skin, 0.72), width: 0.045 * p.size })
  );
}

/** An eye on its side: white, iris towards what is looked at, lids and brow. */
function drawEye(p: Projection, person: Person, { eyes, eyesOpen }: Expression, side: -1 | 1): string {
  const [cx, cy] = [0.41 * side, 0.02];
  const seen = facing(p.matrix, cx, cy);
  if (seen < 0.06) return "";
  const half = 0.215;
  const upper = (u: number): number =>
    (eyesOpen * 0.15 + (eyesOpen - 1) * 0.05) * (1 - u * u) ** 0.7 + 0.015 * u * side;
  const lower = (u: number): number => -0.06 * (1 - u * u) ** 0.8 + 0.015 * u * side;
  const steps = [-1, -0.75, -0.4, 0, 0.4, 0.75, 1];
  const at = (x: number, y: number): Dot => p.dot(onFace(cx + x, cy + y, 0.02));
  const lid = (edge: (u: number) => number): Dot[] => steps.map((u) => at(half * u, edge(u)));
  const [top, bottom] = [lid(upper), lid(lower)];
  const lidTone = darker(person.skin, 0.16);
  const crease = steps.map((u) => at(half * 1.08 * u, 0.2 * (1 - u * u) ** 0.6 + 0.02));
  const parts = [path(polygon([...crease, ...[...bottom].reverse()]), { fill: lidTone, opacity: 0.75 })];
  const fine = p.size >= FINE;
  if (fine)
    parts.push(path(polyline(crease), { stroke: darker(person.skin, 0.4), width: 0.5, opacity: 0.7 }));
  if (eyesOpen > 0.12) {
    parts.push(path(polygon([...top, ...[...bottom].reverse()]), { fill: "#f4efe9" }));
    parts.push(drawIris(at, half, upper, lower, person.iris, eyes, p.size >= FINE));
  }
  parts.push(path(polyline(top), { stroke: "#1d1210", width: 0.06 * p.size }));
  if (fine)
    parts.push(path(polyline(bottom), { stroke: darker(person.skin, 0.45), width: 0.5, opacity: 0.8 }));
  return parts.join("") + drawBrow(p, person, side);
}

/** The iris, cut off by the lids. */
function drawIris(
  at: (x: number, y: number) => Dot,
  half: number,
  upper: (u: number) => number,
  lower: (u: number) => number,
  colour: string,
  eyes: Expression["eyes"],
  gloss: boolean,
): string {
  const x = clamp(Math.sin((eyes.yaw * Math.PI) / 180) * 0.24, -0.11, 0.11);
  const y = 0.03 + clamp(Math.sin((eyes.pitch * Math.PI) / 180) * 0.2, -0.07, 0.06);
  const disc = (radius: number): Dot[] =>
    Array.from({ length: 14 }, (_, k) => {
      const a = (k * Math.PI) / 7;
      const px = clamp(x + radius * Math.cos(a), -half, half);
      return at(px, clamp(y + radius * Math.sin(a), lower(px / half), upper(px / half)));
    });
  const [gx, gy] = at(x - 0.03, clamp(y + 0.045, lower(0), upper(0)));
  const [ox] = at(x + 0.03, y);
  return (
    path(polygon(disc(0.115)), { fill: colour }) +
    path(polygon(disc(0.06)), { fill: "#0d0808" }) +
    (gloss && upper(0) > 0.06
      ? `<circle cx="${n(gx)}" cy="${n(gy)}" r="${n(Math.abs(ox - gx) * 0.4)}" fill="#fff" fill-opacity=".9"/>`
      : "")
  );
}

function drawBrow(p: Projection, { hairColour, hair, browWeight }: Person, side: -1 | 1): string {
  const colour = hair === "scarf" ? "#2b1d18" : darker(hairColour, 0.35);
  const edge = (lift: number): Vector[] =>
    [0, 0.3, 0.65, 1].map((u) => {
      const y = 0.31 + 0.09 * Math.sin(u * 2.2) - 0.07 * u;
      return onFace(side * (0.17 + 0.5 * u), y + lift * (1 - 0.75 * u), 0.05);
    });
  const shape = [...p.dots(edge(browWeight)), ...p.dots(edge(-browWeight)).reverse()];
  return path(polygon(shape), { fill: colour, opacity: 0.92 });
}

function drawGlasses(p: Projection, colour: string): string {
  const rim = (side: number): Vector[] =>
    Array.from({ length: 12 }, (_, k) => {
      const a = (k * Math.PI) / 6;
      return [
        side * 0.42 + 0.29 * Math.cos(a),
        0 + 0.235 * Math.sin(a),
        1.12 - 0.1 * Math.abs(Math.cos(a) + side),
      ];
    });
  const line = (points: readonly Vector[]): string =>
    path(polyline(p.dots(points)), { stroke: colour, width: 0.055 * p.size });
  const lens = (side: number): string =>
    path(outline(p.dots(rim(side))), { fill: "#dfeaf2", opacity: 0.16 }) +
    path(outline(p.dots(rim(side))), { stroke: colour, width: 0.06 * p.size });
  const temple = (side: number): string =>
    p.matrix[2][0] * side > 0.1
      ? line([
          [side * 0.71, 0.05, 0.95],
          [side * 1.03, 0.06, 0],
        ])
      : "";
  return (
    lens(-1) +
    lens(1) +
    line([
      [-0.13, 0.04, 1.15],
      [0.13, 0.04, 1.15],
    ]) +
    temple(-1) +
    temple(1)
  );
}
