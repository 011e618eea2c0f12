import { type Dot, darker, ellipse, lighter, outline, path, polygon, polyline } from "./paint.ts";
import type { Person } from "./person.ts";
import { FACE, type Seat } from "./room.ts";
import type { Stage } from "./stage.ts";

/** How far below the middle of the head the collar lies, in metres. */
export const COLLAR = 1.86 * FACE;

/** Pixels for metres to the right of and above the middle of the head. */
type At = (right: number, up: number) => Dot;

/** Shoulders and upper arms: what is behind the head. */
export function drawBody(person: Person, seat: Seat, stage: Stage): string {
  const scale = stage.scaleAt(seat);
  const [x, y] = stage.place(seat.head);
  const at: At = (right, up) => [x + right * scale, y - up * scale];
  const { shirt } = person;
  const id = `b${seat.seat}`;
  const neck = -COLLAR;
  const half: Dot[] = [
    [0.05, neck + 0.016],
    [0.1, neck - 0.01],
    [0.165, neck - 0.045],
    [0.195, neck - 0.12],
    [0.19, neck - 0.26],
    [0.17, -0.64],
  ];
  const torso = [...half.map(([dx, dy]) => at(-dx, dy)), ...half.reverse().map(([dx, dy]) => at(dx, dy))];
  const arm = (side: number): string =>
    path(polyline([at(side * 0.155, neck - 0.085), at(side * 0.2, neck - 0.2), at(side * 0.215, -0.42)]), {
      stroke: darker(shirt, side > 0 ? 0.34 : 0.14),
      width: 0.085 * scale,
    });
  return [
    `<linearGradient id="${id}"><stop offset="0" stop-color="${lighter(shirt, 0.2)}"/>` +
      `<stop offset=".42" stop-color="${shirt}"/><stop offset="1" stop-color="${darker(shirt, 0.38)}"/></linearGradient>`,
    arm(-1),
    arm(1),
    path(outline(torso), { fill: `url(#${id})` }),
    fold(at, -1, shirt, scale),
    fold(at, 1, shirt, scale),
    drawShirt(person, at, scale),
    ellipse(...at(0.01, neck - 0.025), 0.13 * scale, 0.06 * scale, "url(#shade)", 0.5),
  ].join("");
}

/** Where the sleeve meets the chest. */
function fold(at: At, side: number, shirt: string, scale: number): string {
  const line = [
    at(side * 0.15, -COLLAR - 0.1),
    at(side * 0.158, -COLLAR - 0.2),
    at(side * 0.145, -COLLAR - 0.3),
  ];
  return path(polyline(line), { stroke: darker(shirt, 0.5), width: 0.012 * scale, opacity: 0.4 });
}

/** What tells one shirt from another: stripes, a hood, a collar, or a plain neckline. */
function drawShirt({ shirt, shirtKind }: Person, at: At, scale: number): string {
  const neck = -COLLAR;
  switch (shirtKind) {
    case "striped":
      return [0.1, 0.16, 0.22, 0.28]
        .map((down) => {
          const stripe = [at(-0.145, neck - down), at(0, neck - down - 0.014), at(0.145, neck - down)];
          return path(polyline(stripe), { stroke: lighter(shirt, 0.6), width: 0.022 * scale, opacity: 0.75 });
        })
        .join("");
    case "hoodie": {
      const half = [at(-0.085, neck + 0.035), at(-0.115, neck - 0.02), at(0, neck - 0.085)];
      const hood = [...half, at(0.115, neck - 0.02), at(0.085, neck + 0.035), at(0, neck - 0.03)];
      const cord = (side: number) =>
        polyline([at(side * 0.032, neck - 0.065), at(side * 0.036, neck - 0.17)]);
      return (
        path(outline(hood), { fill: darker(shirt, 0.24) }) +
        path(cord(-1) + cord(1), { stroke: "#f2efe8", width: 0.009 * scale })
      );
    }
    case "collar": {
      const wing = (side: number) =>
        polygon([
          at(side * 0.055, neck + 0.03),
          at(side * 0.095, neck - 0.045),
          at(side * 0.012, neck - 0.07),
        ]);
      const buttons = [0.12, 0.19, 0.26].map((down) =>
        ellipse(...at(0, neck - down), 0.007 * scale, 0.007 * scale, lighter(shirt, 0.7)),
      );
      return path(wing(-1) + wing(1), { fill: lighter(shirt, 0.5) }) + buttons.join("");
    }
    case "plain": {
      const line = [
        at(-0.058, neck + 0.01),
        at(-0.035, neck - 0.042),
        at(0, neck - 0.056),
        at(0.035, neck - 0.042),
        at(0.058, neck + 0.01),
      ];
      return path(polyline(line), { stroke: darker(shirt, 0.28), width: 0.015 * scale });
    }
  }
}
