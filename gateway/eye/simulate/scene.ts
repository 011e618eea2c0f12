import { type Dot, path, polygon } from "./paint.ts";
import { chance } from "./random.ts";
import type { Room } from "./room.ts";
import type { Vector } from "./rotation.ts";
import type { Stage } from "./stage.ts";

type Place = Stage["place"];

/** The empty classroom behind the students: back wall with posters, windows on the left, door on the right, floor. */
export function drawRoom({ room, place }: Stage, seed: number): string {
  const { halfWidth: w, depth: d, height: h } = room;
  const near = 0.7;
  const quad = (...corners: Vector[]): string => polygon(corners.map(place));
  return [
    INKS,
    path(quad([-w, 0, near], [w, 0, near], [w, 0, d], [-w, 0, d]), { fill: "url(#floor)" }),
    boards(room, place),
    path(quad([-w, h, near], [w, h, near], [w, h, d], [-w, h, d]), { fill: "#f4f1ea" }),
    path(quad([-w, 0, near], [-w, h, near], [-w, h, d], [-w, 0, d]), { fill: "url(#leftWall)" }),
    path(quad([w, 0, near], [w, h, near], [w, h, d], [w, 0, d]), { fill: "url(#rightWall)" }),
    path(quad([-w, 0, d], [-w, h, d], [w, h, d], [w, 0, d]), { fill: "url(#backWall)" }),
    path(quad([-w, 0, d], [w, 0, d], [w, 0.09, d], [-w, 0.09, d]), { fill: "#8b6f52" }),
    windows(room, quad),
    lightOnFloor(room, quad),
    door(room, quad),
    posters(room, quad, place, seed),
    shelf(room, quad, seed),
  ].join("");
}

const gradient = (id: string, direction: string, ...stops: readonly (readonly [number, string])[]): string =>
  `<linearGradient id="${id}" ${direction}>${stops.map(([at, colour]) => `<stop offset="${at}" stop-color="${colour}"/>`).join("")}</linearGradient>`;

const INKS = [
  gradient("floor", 'x2="0" y2="1"', [0, "#a98a66"], [1, "#caa97f"]),
  gradient("leftWall", "", [0, "#cfd3cf"], [1, "#e3e3db"]),
  gradient("rightWall", "", [0, "#efe7d4"], [1, "#dcd2bc"]),
  gradient("backWall", "", [0, "#f3eddd"], [0.55, "#e9e0cb"], [1, "#d9ceb5"]),
  gradient("sky", 'x2="0" y2="1"', [0, "#bfe3f7"], [0.7, "#e9f6fb"], [1, "#cfe6c4"]),
].join("");

function boards({ halfWidth, depth }: Room, place: Place): string {
  let lines = "";
  for (let x = -halfWidth; x <= halfWidth; x += 0.32) {
    const [a, b] = [place([x, 0, 0.7]), place([x, 0, depth])];
    lines += `M${a[0].toFixed(1)} ${a[1].toFixed(1)}L${b[0].toFixed(1)} ${b[1].toFixed(1)}`;
  }
  return path(lines, { stroke: "#8f7350", width: 1, opacity: 0.45 });
}

type Quad = (...corners: Vector[]) => string;

function windows({ halfWidth: w, depth }: Room, quad: Quad): string {
  let panes = "";
  for (let z = depth - 0.5; z > 2; z -= 1.5) {
    const pane = (from: number, to: number) =>
      quad([-w, 1, from], [-w, 2.5, from], [-w, 2.5, to], [-w, 1, to]);
    panes += path(pane(z, z - 1.2), { fill: "url(#sky)", stroke: "#fbfaf6", width: 5 });
    panes += path(quad([-w, 1, z - 0.6], [-w, 2.5, z - 0.6]), { stroke: "#fbfaf6", width: 3 });
    panes += path(quad([-w, 1.8, z], [-w, 1.8, z - 1.2]), { stroke: "#fbfaf6", width: 2.5 });
  }
  return panes;
}

function lightOnFloor({ halfWidth: w, depth }: Room, quad: Quad): string {
  let patches = "";
  for (let z = depth - 0.5; z > 2.4; z -= 1.5)
    patches += quad([-w + 0.2, 0, z], [-w + 1.9, 0, z - 0.5], [-w + 1.9, 0, z - 1.5], [-w + 0.2, 0, z - 1.1]);
  return path(patches, { fill: "#fff3cf", opacity: 0.3 });
}

function door({ halfWidth: w, depth }: Room, quad: Quad): string {
  const [from, to] = [depth - 0.5, depth - 1.45];
  return (
    path(quad([w, 0, from], [w, 2.1, from], [w, 2.1, to], [w, 0, to]), {
      fill: "#8fa7a0",
      stroke: "#f5f1e6",
      width: 4,
    }) +
    path(quad([w, 1.2, from - 0.3], [w, 1.85, from - 0.3], [w, 1.85, to + 0.3], [w, 1.2, to + 0.3]), {
      fill: "#dcebee",
    })
  );
}

const POSTERS = ["#d9694f", "#4d8fac", "#e2b443", "#6aa273", "#8d6cab", "#49607c"];

/** Things to look at on the back wall, drawn as plain shapes: no letters, no faces. */
function posters({ halfWidth: w, depth: d }: Room, quad: Quad, place: Place, seed: number): string {
  const flat = (x: number, y: number, width: number, height: number): string =>
    quad([x, y, d], [x + width, y, d], [x + width, y + height, d], [x, y + height, d]);
  const cork = path(flat(-w * 0.3, 1.5, w * 0.6, 1.05), { fill: "#c69c6d", stroke: "#8d6a44", width: 3 });
  let sheets = "";
  for (let k = 0; k < 10; k++) {
    const x = -w * 0.27 + ((k % 5) * w * 0.54) / 5 + chance(seed, k, 62) * 0.05;
    const y = 1.6 + Math.floor(k / 5) * 0.46 + chance(seed, k, 63) * 0.05;
    sheets += path(flat(x, y, 0.3, 0.38), { fill: "#fbf8ef" });
    sheets += path(flat(x + 0.04, y + 0.12, 0.22, 0.2), {
      fill: POSTERS[k % POSTERS.length]!,
      opacity: 0.85,
    });
    sheets += path(flat(x + 0.04, y + 0.06, 0.16, 0.02), { fill: "#b9b2a2" });
  }
  const poster = (x: number, hue: number): string =>
    path(flat(x, 1.5, 0.75, 1), { fill: "#fdfbf4", stroke: "#d6cdb9", width: 1.5 }) +
    path(flat(x + 0.07, 1.72, 0.61, 0.7), { fill: POSTERS[hue]!, opacity: 0.9 }) +
    disc(place([x + 0.37, 2.1, d]), place([x + 0.55, 2.1, d]), "#fdf6df") +
    path(flat(x + 0.07, 1.58, 0.45, 0.05), { fill: "#b9b2a2" });
  return (
    cork + sheets + poster(-w * 0.86, 1) + poster(-w * 0.6, 3) + poster(w * 0.37, 0) + poster(w * 0.63, 4)
  );
}

function disc([x, y]: Dot, [edge]: Dot, fill: string): string {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(edge - x).toFixed(1)}" fill="${fill}" fill-opacity=".85"/>`;
}

function shelf({ halfWidth: w, depth: d }: Room, quad: Quad, seed: number): string {
  const flat = (x: number, y: number, width: number, height: number): string =>
    quad([x, y, d], [x + width, y, d], [x + width, y + height, d], [x, y + height, d]);
  let books = path(flat(-w * 0.75, 0, w * 1.5, 1.05), { fill: "#b58a5b" });
  for (const y of [0.1, 0.58]) {
    books += path(flat(-w * 0.73, y, w * 1.46, 0.4), { fill: "#6f5236" });
    for (let x = -w * 0.72, k = 0; x < w * 0.71; k++) {
      const thick = 0.03 + 0.04 * chance(seed, k, y * 10, 64);
      const tall = 0.24 + 0.13 * chance(seed, k, y * 10, 65);
      const colour = POSTERS[Math.floor(chance(seed, k, y * 10, 66) * POSTERS.length)]!;
      if (chance(seed, k, y * 10, 67) < 0.85)
        books += path(flat(x, y, thick, tall), { fill: colour, opacity: 0.9 });
      x += thick + 0.008;
    }
  }
  return books;
}
