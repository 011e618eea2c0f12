import { type Dot, darker, ellipse, lighter, n, outline, path, polygon, polyline } from "./paint.ts";
import type { Person } from "./person.ts";
import { chance } from "./random.ts";
import { DESK_HEIGHT, FACE, project, type Room, type Seat } from "./room.ts";
import type { Vector } from "./rotation.ts";

/** What the hands are at. */
export type Hands = "folded" | "writing" | "typing" | "chin";

/** Pixels for a point of the room. */
export type Place = (point: Vector) => Dot;

export const placeIn =
  (room: Room, width: number, height: number): Place =>
  (point) => {
    const { x, y } = project(room, point, width / height);
    return [x * width, y * height];
  };

/** Pixels to a metre at the seat's head. */
export function scaleAt(room: Room, seat: Seat, width: number, height: number): number {
  return project(room, seat.head, width / height).scale * width;
}

/** How far below the middle of the head the collar lies, in metres. */
export const COLLAR = 2.02 * FACE;

/** Chair, shoulders and upper arms: what is behind the head. */
export function drawBody(person: Person, seat: Seat, place: Place, scale: number): string {
  const [x, y] = place(seat.head);
  const at = (dx: number, dy: number): Dot => [x + dx * scale, y - dy * scale];
  const { shirt } = person;
  const id = `b${seat.seat}`;
  const torso: Dot[] = [
    at(-0.055, -COLLAR + 0.012),
    at(-0.12, -COLLAR - 0.012),
    at(-0.19, -COLLAR - 0.06),
    at(-0.215, -COLLAR - 0.18),
    at(-0.2, -0.62),
    at(0.2, -0.62),
    at(0.215, -COLLAR - 0.18),
    at(0.19, -COLLAR - 0.06),
    at(0.12, -COLLAR - 0.012),
    at(0.055, -COLLAR + 0.012),
  ];
  const chair: Dot[] = [
    at(-0.2, -0.2),
    at(-0.17, -0.14),
    at(0.17, -0.14),
    at(0.2, -0.2),
    at(0.19, -0.66),
    at(-0.19, -0.66),
  ];
  const arm = (side: number): string =>
    path(polyline([at(side * 0.175, -COLLAR - 0.085), at(side * 0.215, -0.36), at(side * 0.2, -0.44)]), {
      stroke: darker(shirt, side > 0 ? 0.3 : 0.14),
      width: 0.088 * scale,
    });
  const ink =
    `<linearGradient id="${id}"><stop offset="0" stop-color="${lighter(shirt, 0.16)}"/>` +
    `<stop offset=".45" stop-color="${shirt}"/><stop offset="1" stop-color="${darker(shirt, 0.34)}"/></linearGradient>`;
  return [
    ink,
    path(outline(chair), { fill: "#5b4a3d" }),
    arm(-1) + arm(1),
    path(outline(torso), { fill: `url(#${id})` }),
    drawShirt(person, at, scale),
    ellipse(...at(0, -COLLAR - 0.02), 0.13 * scale, 0.05 * scale, "url(#shade)", 0.4),
  ].join("");
}

/** What tells one shirt from another: hood, stripes, collar. */
function drawShirt({ shirt, shirtKind }: Person, at: (dx: number, dy: number) => Dot, scale: number): string {
  const neck = -COLLAR;
  if (shirtKind === "striped") {
    return [0.1, 0.17, 0.24, 0.31]
      .map((down) =>
        path(polyline([at(-0.17, neck - down), at(0, neck - down - 0.012), at(0.17, neck - down)]), {
          stroke: lighter(shirt, 0.55),
          width: 0.022 * scale,
          opacity: 0.8,
        }),
      )
      .join("");
  }
  if (shirtKind === "hoodie") {
    const hood = [
      at(-0.1, neck + 0.03),
      at(-0.12, neck - 0.03),
      at(0, neck - 0.1),
      at(0.12, neck - 0.03),
      at(0.1, neck + 0.03),
      at(0, neck - 0.04),
    ];
    const cord = (side: number) => polyline([at(side * 0.035, neck - 0.075), at(side * 0.04, neck - 0.19)]);
    return (
      path(outline(hood), { fill: darker(shirt, 0.22) }) +
      path(cord(-1) + cord(1), { stroke: "#f2efe8", width: 0.009 * scale })
    );
  }
  if (shirtKind === "collar") {
    const wing = (side: number) =>
      polygon([at(side * 0.06, neck + 0.025), at(side * 0.1, neck - 0.05), at(side * 0.012, neck - 0.075)]);
    return path(wing(-1) + wing(1), {
      fill: lighter(shirt, 0.5),
      stroke: darker(shirt, 0.2),
      width: 0.006 * scale,
    });
  }
  return path(
    polyline([
      at(-0.062, neck + 0.005),
      at(-0.035, neck - 0.045),
      at(0, neck - 0.058),
      at(0.035, neck - 0.045),
      at(0.062, neck + 0.005),
    ]),
    {
      stroke: darker(shirt, 0.3),
      width: 0.014 * scale,
    },
  );
}

/** The desk with what lies on it, and the forearms: what is before the body. */
export function drawDesk(
  person: Person,
  seat: Seat,
  hands: Hands,
  laptop: boolean,
  place: Place,
  scale: number,
): string {
  const [x, , z] = seat.head;
  const top = (dx: number, dz: number, up = 0): Dot => place([x + dx, DESK_HEIGHT + up, z - dz]);
  const edge = 0.345;
  const slab: Dot[] = [top(-edge, 0.22), top(edge, 0.22), top(edge, 0.72), top(-edge, 0.72)];
  const front: Dot[] = [top(-edge, 0.72), top(edge, 0.72), top(edge, 0.72, -0.035), top(-edge, 0.72, -0.035)];
  const leg = (side: number): Dot[] => [
    top(side * edge * 0.94, 0.7, -0.03),
    top(side * (edge * 0.94 - 0.025), 0.7, -0.03),
    top(side * (edge * 0.94 - 0.03), 0.7, -DESK_HEIGHT),
    top(side * edge * 0.94, 0.7, -DESK_HEIGHT),
  ];
  const id = `d${seat.seat}`;
  const ink = `<linearGradient id="${id}" x2="0" y2="1"><stop offset="0" stop-color="#b98d5c"/><stop offset="1" stop-color="#dcb482"/></linearGradient>`;
  return [
    ink,
    path(polygon(leg(-1)) + polygon(leg(1)), { fill: "#4b4f57" }),
    path(polygon(slab), { fill: `url(#${id})` }),
    path(polygon(front), { fill: "#9a7348" }),
    laptop ? "" : drawBook(seat, top),
    hands === "chin" ? "" : drawForearms(person, hands, top, scale),
    laptop ? drawLaptop(top, scale) : "",
  ].join("");
}

type Top = (dx: number, dz: number, up?: number) => Dot;

function drawBook(seat: Seat, top: Top): string {
  const colour = ["#f7f3ea", "#e8eef2", "#f4ead2"][seat.seat % 3]!;
  const skew = (chance(seat.seat, 61) - 0.5) * 0.1;
  const page = (left: number, right: number): string =>
    polygon([top(left + skew, 0.36), top(right + skew, 0.36), top(right, 0.6), top(left, 0.6)]);
  const pencilCase = polygon([top(0.2, 0.5), top(0.31, 0.47), top(0.315, 0.52), top(0.205, 0.55)]);
  return (
    path(page(-0.15, 0) + page(0.005, 0.155), { fill: colour, stroke: "#c9bfa9", width: 0.8 }) +
    path(pencilCase, { fill: ["#c2473d", "#3a6ea5", "#4c8a5b", "#8156a0"][seat.seat % 4]! })
  );
}

function drawLaptop(top: Top, scale: number): string {
  const base = polygon([top(-0.16, 0.34), top(0.16, 0.34), top(0.16, 0.54), top(-0.16, 0.54)]);
  const lid = polygon([top(-0.16, 0.55), top(0.16, 0.55), top(0.155, 0.6, 0.2), top(-0.155, 0.6, 0.2)]);
  const [x, y] = top(0, 0.58, 0.1);
  return (
    path(base, { fill: "#8d949e" }) +
    path(lid, { fill: "#b9c0c9", stroke: "#7d848e", width: 1 }) +
    ellipse(x, y, 0.018 * scale, 0.018 * scale, "#eef2f6", 0.9)
  );
}

function drawForearms({ shirt, skin }: Person, hands: Hands, top: Top, scale: number): string {
  const reach = { folded: [0.05, 0.34], writing: [0.09, 0.46], typing: [0.09, 0.42] }[hands as "folded"];
  const [across, along] = reach as [number, number];
  return [-1, 1]
    .map((side) => {
      const still = hands === "writing" && side === -1;
      const hand = top(side * across * (still ? 1.6 : 1), still ? along - 0.08 : along, 0.035);
      const elbow = top(side * 0.22, 0.12, 0.04);
      const wrist: Dot = [hand[0] + (elbow[0] - hand[0]) * 0.24, hand[1] + (elbow[1] - hand[1]) * 0.24];
      return (
        path(polyline([elbow, wrist]), {
          stroke: darker(shirt, side > 0 ? 0.2 : 0.06),
          width: 0.08 * scale,
        }) +
        path(polyline([wrist, hand]), { stroke: darker(skin, 0.06), width: 0.058 * scale }) +
        (hands === "writing" && side === 1
          ? path(
              polyline([
                [hand[0] - 0.015 * scale, hand[1] + 0.03 * scale],
                [hand[0] + 0.03 * scale, hand[1] - 0.09 * scale],
              ]),
              { stroke: "#2d4f8f", width: 0.012 * scale },
            )
          : "")
      );
    })
    .join("");
}

/** A hand held before mouth and chin, with its forearm; coordinates are the head's. */
export function drawHandBefore({ skin, shirt }: Person, x: number, y: number, size: number): string {
  const fingers = [-0.42, -0.14, 0.14, 0.42]
    .map((dx) =>
      path(
        polyline([
          [x + dx * size, y + 1.35 * size],
          [x + (dx + 0.06) * size, y + 0.62 * size],
        ]),
        { stroke: skin, width: 0.27 * size },
      ),
    )
    .join("");
  return (
    path(
      polyline([
        [x + 1.5 * size, y + 4.3 * size],
        [x + 0.3 * size, y + 2.1 * size],
      ]),
      { stroke: darker(shirt, 0.15), width: 0.85 * size },
    ) +
    path(
      polyline([
        [x + 0.3 * size, y + 2.1 * size],
        [x, y + 1.5 * size],
      ]),
      { stroke: darker(skin, 0.1), width: 0.7 * size },
    ) +
    ellipse(x, y + 1.4 * size, 0.6 * size, 0.5 * size, darker(skin, 0.05)) +
    fingers +
    `<path d="M${n(x - 0.5 * size)} ${n(y + 1.2 * size)}h${n(size)}" stroke="${darker(skin, 0.3)}" stroke-width="${n(0.03 * size)}" fill="none"/>`
  );
}
