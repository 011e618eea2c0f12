import { drawFeatures, type Expression } from "./face.ts";
import { type Projection, projection, scalpPoints, skinPoints } from "./form.ts";
import { around, type Dot, darker, ellipse, lighter, n, outline, path, polygon } from "./paint.ts";
import type { Person } from "./person.ts";
import { type Matrix, turned, type Vector } from "./rotation.ts";

export interface Head extends Expression {
  readonly rotation: Matrix;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** The middle of the collar, where the neck ends. */
  readonly collar: Dot;
}

/** Draws a head with its neck and hair. `id` must be the student's own within one drawing. */
export function drawHead(head: Head, person: Person, id: string): string {
  const p = projection(head.rotation, head.x, head.y, head.size);
  const scarf = person.hair === "scarf";
  const face = around(p.dots(skin(scarf ? 0.72 : 0.92, person.breadth)));
  return [
    skinInk(p, person.skin, id),
    hairInk(p, person.hairColour, id),
    hairBehind(p, person, id),
    drawNeck(p, head, person),
    scarf ? "" : path(outline(around(p.dots(scalp(person)))), { fill: `url(#h${id})` }),
    scarf ? path(outline(around(p.dots(WRAP))), { fill: `url(#h${id})` }) : "",
    person.hair === "curly" ? curls(p, person, false) : "",
    scarf ? "" : drawEar(p, person.skin, -1) + drawEar(p, person.skin, 1),
    path(outline(face), { fill: `url(#s${id})` }),
    drawFeatures(p, person, head),
    hairBefore(p, person, id),
  ].join("");
}

const skinCache = new Map<string, Vector[]>();
function skin(hairline: number, breadth: number): Vector[] {
  const key = `${hairline} ${breadth}`;
  const known = skinCache.get(key) ?? skinPoints(hairline, breadth);
  skinCache.set(key, known);
  return known;
}

const CROPPED = scalpPoints(0.04, -0.35);
const FULL = scalpPoints(0.16, -0.45);
const WRAP = [
  ...scalpPoints(0.16, -1.6),
  ...ring(1.02, -1.2, 0.25),
  ...ring(0.95, -1.75, 0.25),
  ...ring(0.5, -1.95, 0.5),
];
const scalp = ({ hair }: Person): readonly Vector[] => (hair === "crop" ? CROPPED : FULL);

function ring(radius: number, y: number, z: number): Vector[] {
  return [-1, -0.7, 0, 0.7, 1].map((u) => [radius * u, y, z * (1 - u * u)]);
}

/** Light falls on what is turned to it: a bright place on the forehead's side of the light, dark towards the rim. */
function skinInk(p: Projection, tone: string, id: string): string {
  const [x, y] = p.dot([-0.08, 0.1, 1]);
  const stops = [
    [0, lighter(tone, 0.2)],
    [0.45, tone],
    [0.8, darker(tone, 0.16)],
    [1, darker(tone, 0.38)],
  ] as const;
  return radial(`s${id}`, x, y, 1.75 * p.size, stops);
}

function hairInk(p: Projection, tone: string, id: string): string {
  const [x, y] = p.dot([-0.35, 1.1, 0.5]);
  const stops = [
    [0, lighter(tone, 0.3)],
    [0.35, lighter(tone, 0.08)],
    [0.75, darker(tone, 0.2)],
    [1, darker(tone, 0.42)],
  ] as const;
  return radial(`h${id}`, x, y, 2.1 * p.size, stops);
}

function radial(
  id: string,
  x: number,
  y: number,
  r: number,
  stops: readonly (readonly [number, string])[],
): string {
  const marks = stops.map(([at, colour]) => `<stop offset="${at}" stop-color="${colour}"/>`).join("");
  return `<radialGradient id="${id}" gradientUnits="userSpaceOnUse" cx="${n(x)}" cy="${n(y)}" r="${n(r)}">${marks}</radialGradient>`;
}

function drawNeck(p: Projection, { collar, size }: Head, { skin }: Person): string {
  const [x, y] = p.dot([0, -0.75, -0.1]);
  const [cx, cy] = collar;
  const [w, v] = [0.5 * size, 0.62 * size];
  const shape: Dot[] = [
    [x - w, y],
    [x + w, y],
    [cx + v, cy],
    [cx + 0.35 * size, cy + 0.26 * size],
    [cx - 0.35 * size, cy + 0.26 * size],
    [cx - v, cy],
  ];
  const [sx, sy] = p.dot([0.05, -1.35, 0.4]);
  return (
    path(polygon(shape), { fill: darker(skin, 0.2) }) +
    ellipse(sx, sy + 0.25 * size, 0.75 * size, 0.55 * size, "url(#shade)", 0.55)
  );
}

function drawEar(p: Projection, tone: string, side: -1 | 1): string {
  const lobe = (scale: number): Vector[] =>
    Array.from({ length: 10 }, (_, k) => {
      const a = (k * Math.PI) / 5;
      const out = scale * 0.16 * Math.cos(a);
      return [side * (1.0 + 0.5 * out + 0.03), -0.08 + scale * 0.27 * Math.sin(a), -0.12 - 0.85 * out];
    });
  return (
    path(outline(p.dots(lobe(1))), { fill: darker(tone, 0.12) }) +
    path(outline(p.dots(lobe(0.55))), { fill: darker(tone, 0.34), opacity: 0.7 })
  );
}

/** Hair that hangs or stands behind the neck. */
function hairBehind(p: Projection, { hair, hairColour }: Person, id: string): string {
  const fill = darker(hairColour, 0.34);
  if (hair === "long") return path(outline(around(p.dots(LONG))), { fill });
  if (hair === "bob") return path(outline(around(p.dots(BOB))), { fill });
  if (hair === "bun") return knot(p, [0, 1.42, -0.55], 0.42, id);
  if (hair === "ponytail") return path(outline(around(p.dots(TAIL))), { fill: `url(#h${id})` });
  return "";
}

const LONG: Vector[] = [
  ...scalpPoints(0.2, -0.2),
  ...ring(1.2, -1, -0.3),
  ...ring(1.12, -1.9, -0.35),
  ...ring(0.8, -2.15, -0.4),
];
const BOB: Vector[] = [...scalpPoints(0.2, -0.2), ...ring(1.22, -0.8, -0.2), ...ring(1.05, -1.15, -0.2)];
const TAIL: Vector[] = [
  [0, 0.6, -1.2],
  [0.25, 0.3, -1.6],
  [-0.25, 0.3, -1.6],
  [0.3, -0.8, -1.55],
  [-0.3, -0.8, -1.55],
  [0, -1.5, -1.4],
];

function knot(p: Projection, at: Vector, radius: number, id: string): string {
  const [x, y] = p.dot(at);
  return ellipse(x, y, radius * p.size, radius * 0.9 * p.size, `url(#h${id})`);
}

/** Hair in front of the face: locks at the sides, a fringe, curls. */
function hairBefore(p: Projection, person: Person, id: string): string {
  const { hair } = person;
  const fill = `url(#h${id})`;
  const parts: string[] = [];
  if (hair === "long" || hair === "bob") {
    const end = hair === "long" ? -1.75 : -1.05;
    for (const side of [-1, 1] as const) {
      const lock: Vector[] = [
        [side * 0.55, 0.98, 0.72],
        [side * 0.86, 0.55, 0.55],
        [side * 0.97, -0.1, 0.3],
        [side * 0.98, end * 0.7, 0.25],
        [side * 1.0, end, 0.15],
        [side * 1.2, end * 0.9, -0.1],
        [side * 1.22, 0, -0.1],
        [side * 1.08, 0.7, 0.1],
        [side * 0.7, 1.2, 0.4],
      ];
      if (turned(p.matrix, [side, 0, 0.25])[2] > 0) parts.push(path(outline(p.dots(lock)), { fill }));
    }
  }
  if (person.fringe && hair !== "scarf" && hair !== "crop" && hair !== "bun") parts.push(fringe(p, fill));
  if (hair === "curly") parts.push(curls(p, person, true));
  return parts.join("");
}

function fringe(p: Projection, fill: string): string {
  const lower = [-0.85, -0.55, -0.2, 0.15, 0.5, 0.85];
  const tips: Vector[] = lower.map((x, k) => {
    const y = 0.62 + (k % 2) * 0.07 - 0.15 * Math.abs(x) ** 2;
    return [x, y, 1.02 * Math.sqrt(Math.max(0.05, 1 - (x / 1.02) ** 2)) + 0.06];
  });
  const crown: Vector[] = [...lower]
    .reverse()
    .map((x) => [x * 0.9, 1.3 - 0.3 * x * x, 0.62 * Math.sqrt(Math.max(0.1, 1 - x * x)) + 0.06]);
  if (turned(p.matrix, [0, 0.2, 1])[2] < 0.15) return "";
  return path(outline(p.dots([...tips, ...crown])), { fill });
}

/** Curls sit on the skull; those turned to the viewer are drawn over the forehead's edge. */
function curls(p: Projection, { hairColour }: Person, front: boolean): string {
  return CURLS.filter((at) => turned(p.matrix, at)[2] > 0.1 === front)
    .map((at, k) => {
      const [x, y] = p.dot(at);
      const fill = k % 3 === 0 ? lighter(hairColour, 0.08) : darker(hairColour, 0.08 * (k % 2));
      return ellipse(x, y, 0.27 * p.size, 0.27 * p.size, fill);
    })
    .join("");
}
const CURLS: Vector[] = scalpPoints(0.18, -0.3).filter(
  (at, index) => index % 2 === 0 && (at[1] > 0.85 || at[2] < 0.2),
);
