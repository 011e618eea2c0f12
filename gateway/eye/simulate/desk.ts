import { type Dot, darker, ellipse, lighter, outline, path, polygon, polyline } from "./paint.ts";
import type { Person } from "./person.ts";
import { chance } from "./random.ts";
import { DESK_HEIGHT, SEAT_WIDTH, type Seat } from "./room.ts";
import type { Stage } from "./stage.ts";

/** What the hands are at. */
export const HANDS = ["folded", "writing", "typing", "away"] as const;
export type Hands = (typeof HANDS)[number];

/** Pixels for metres to the right of the seat, towards the board, and above the desk. */
type Top = (right: number, forward: number, up?: number) => Dot;

const [BACK, FRONT] = [0.24, 0.74];
const HALF = SEAT_WIDTH / 2 - 0.006;

/** The desk with what lies on it, and the forearms: what is before the body. */
export function drawDesk(person: Person, seat: Seat, hands: Hands, laptop: boolean, stage: Stage): string {
  const scale = stage.scaleAt(seat);
  const [x, , z] = seat.head;
  const top: Top = (right, forward, up = 0) => stage.place([x + right, DESK_HEIGHT + up, z - forward]);
  const id = `d${seat.seat}`;
  const slab = [top(-HALF, BACK), top(HALF, BACK), top(HALF, FRONT), top(-HALF, FRONT)];
  const edge = [top(-HALF, FRONT), top(HALF, FRONT), top(HALF, FRONT, -0.03), top(-HALF, FRONT, -0.03)];
  return [
    `<linearGradient id="${id}" x2="0" y2="1"><stop offset="0" stop-color="#b88a58"/><stop offset="1" stop-color="#e2bc8a"/></linearGradient>`,
    drawLegs(top),
    path(polygon(slab), { fill: `url(#${id})` }),
    path(polygon(edge), { fill: "#96703f" }),
    ellipse(...top(0, BACK + 0.08), 0.24 * scale, 0.06 * scale, "url(#shade)", 0.5),
    laptop ? "" : drawBook(seat, top) + drawPencilCase(seat, top),
    hands === "away" ? "" : drawForearms(person, hands, top, scale),
    laptop ? drawLaptop(top, scale) : "",
  ].join("");
}

function drawLegs(top: Top): string {
  const leg = (side: number): string => {
    const [outer, inner] = [side * HALF * 0.95, side * (HALF * 0.95 - 0.03)];
    const down = -DESK_HEIGHT;
    return polygon([
      top(outer, 0.7, -0.02),
      top(inner, 0.7, -0.02),
      top(inner, 0.7, down),
      top(outer, 0.7, down),
    ]);
  };
  return path(leg(-1) + leg(1), { fill: "#59616b" });
}

function drawBook(seat: Seat, top: Top): string {
  const paper = ["#faf7ef", "#eef3f6", "#f7eed8"][seat.seat % 3]!;
  const skew = (chance(seat.seat, 61) - 0.5) * 0.08;
  const page = (left: number, right: number): string =>
    polygon([top(left + skew, 0.42), top(right + skew, 0.42), top(right, 0.66), top(left, 0.66)]);
  const line = (along: number, length: number): string =>
    polyline([top(0.02 + skew * 0.6, along), top(0.02 + skew * 0.6 + length, along)]);
  const shadow = polygon([top(-0.165, 0.43), top(0.18, 0.43), top(0.185, 0.675), top(-0.16, 0.675)]);
  return (
    path(shadow, { fill: "#3a2410", opacity: 0.22 }) +
    path(page(-0.16, -0.002) + page(0.002, 0.165), { fill: paper }) +
    path(line(0.47, 0.11) + line(0.51, 0.12) + line(0.55, 0.07), {
      stroke: "#7c8fa8",
      width: 0.8,
      opacity: 0.8,
    })
  );
}

function drawPencilCase(seat: Seat, top: Top): string {
  const colour = ["#c2473d", "#3a6ea5", "#4c8a5b", "#8156a0"][seat.seat % 4]!;
  const side = seat.seat % 2 === 0 ? 1 : -1;
  const near = polygon([
    top(side * 0.22, 0.6),
    top(side * 0.32, 0.58),
    top(side * 0.32, 0.58, 0.03),
    top(side * 0.22, 0.6, 0.03),
  ]);
  const lid = polygon([
    top(side * 0.22, 0.6, 0.03),
    top(side * 0.32, 0.58, 0.03),
    top(side * 0.315, 0.54, 0.03),
    top(side * 0.215, 0.56, 0.03),
  ]);
  return path(near, { fill: darker(colour, 0.25) }) + path(lid, { fill: lighter(colour, 0.1) });
}

/** Seen from behind: the lid stands towards the board. */
function drawLaptop(top: Top, scale: number): string {
  const base = polygon([top(-0.16, 0.36), top(0.16, 0.36), top(0.16, 0.54), top(-0.16, 0.54)]);
  const lid = [
    top(-0.163, 0.55, 0.005),
    top(0.163, 0.55, 0.005),
    top(0.16, 0.6, 0.205),
    top(-0.16, 0.6, 0.205),
  ];
  const shadow = polygon([top(-0.17, 0.54), top(0.19, 0.54), top(0.22, 0.64), top(-0.14, 0.64)]);
  return (
    path(shadow, { fill: "#3a2410", opacity: 0.25 }) +
    path(base, { fill: "#8d949e" }) +
    path(polygon(lid), { fill: "#c3cad2", stroke: "#8a919b", width: 1 }) +
    path(polygon([lid[0]!, lid[3]!, top(0.02, 0.6, 0.205), top(-0.06, 0.55, 0.005)]), {
      fill: "#fff",
      opacity: 0.2,
    }) +
    ellipse(...top(0, 0.58, 0.11), 0.017 * scale, 0.017 * scale, "#f3f6f8")
  );
}

const REACH = {
  folded: { across: 0.055, along: 0.36 },
  writing: { across: 0.075, along: 0.5 },
  typing: { across: 0.085, along: 0.43 },
} as const;

function drawForearms(
  { shirt, skin }: Person,
  hands: Exclude<Hands, "away">,
  top: Top,
  scale: number,
): string {
  const { across, along } = REACH[hands];
  return ([-1, 1] as const)
    .map((side) => {
      const holding = hands === "writing" && side === -1;
      const hand = top(side * across * (holding ? 1.9 : 1), holding ? along - 0.06 : along, 0.03);
      const elbow = top(side * 0.22, 0.14, 0.035);
      const wrist: Dot = [hand[0] + (elbow[0] - hand[0]) * 0.28, hand[1] + (elbow[1] - hand[1]) * 0.28];
      const sleeve = path(polyline([elbow, wrist]), {
        stroke: darker(shirt, side > 0 ? 0.24 : 0.08),
        width: 0.078 * scale,
      });
      const palm = path(polyline([wrist, hand]), { stroke: darker(skin, 0.08), width: 0.05 * scale });
      const [hx, hy] = hand;
      const pencil: Dot[] = [
        [hx - 0.02 * scale, hy + 0.035 * scale],
        [hx + 0.03 * scale, hy - 0.08 * scale],
      ];
      const pen =
        hands === "writing" && side === 1
          ? path(polyline(pencil), { stroke: "#d8a02c", width: 0.012 * scale })
          : "";
      return sleeve + palm + ellipse(hx, hy, 0.036 * scale, 0.026 * scale, skin) + pen;
    })
    .join("");
}

/** A hand held before mouth and chin, with its forearm. `x`, `y` and `size` are the head's. */
export function drawHandBefore({ skin, shirt }: Person, x: number, y: number, size: number): string {
  const at = (right: number, down: number): Dot => [x + right * size, y + down * size];
  const finger = (right: number): string => polyline([at(right, 1.35), at(right + 0.06, 0.66)]);
  const palm = [
    at(-0.56, 1.2),
    at(-0.3, 1.0),
    at(0.3, 1.0),
    at(0.56, 1.25),
    at(0.5, 1.75),
    at(0.1, 2.0),
    at(-0.35, 1.75),
  ];
  return (
    path(polyline([at(1.5, 4.2), at(0.35, 2.3)]), { stroke: darker(shirt, 0.15), width: 0.9 * size }) +
    path(polyline([at(0.33, 2.25), at(0.1, 1.7)]), { stroke: darker(skin, 0.14), width: 0.62 * size }) +
    path(finger(-0.42) + finger(-0.14) + finger(0.14) + finger(0.42), {
      stroke: darker(skin, 0.3),
      width: 0.29 * size,
    }) +
    path(finger(-0.42) + finger(-0.14) + finger(0.14) + finger(0.42), { stroke: skin, width: 0.25 * size }) +
    path(outline(palm), { fill: darker(skin, 0.06) })
  );
}
