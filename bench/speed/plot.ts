import type { Curve } from "./row.ts";

/** Draws curves as one SVG, a panel for each plot, each with the straight line that fits its points best. */
export function drawPlots(curves: readonly Curve[]): string {
  const names = [...new Set(curves.map(({ plot }) => plot))];
  const panels = names.map((name, index) =>
    panel(
      curves.filter(({ plot }) => plot === name),
      index * PANEL.width,
    ),
  );
  const width = names.length * PANEL.width;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${PANEL.height}" fill="#fff"/>
${panels.join("\n")}
</svg>
`;
}

const PANEL = { width: 300, height: 250, left: 48, right: 16, top: 28, bottom: 42 };
const COLOURS = ["#1f6f8b", "#c8553d", "#588157"];

function panel(curves: readonly Curve[], x: number): string {
  const { plot, across, up } = curves[0]!;
  const all = curves.flatMap(({ points }) => points);
  const most = {
    x: nice(Math.max(...all.map(([at]) => at))),
    y: nice(Math.max(...all.map(([, value]) => value))),
  };
  const place = ([at, value]: readonly [number, number]) => [
    x + PANEL.left + (at / most.x) * (PANEL.width - PANEL.left - PANEL.right),
    PANEL.height - PANEL.bottom - (value / most.y) * (PANEL.height - PANEL.top - PANEL.bottom),
  ];
  const round = (dot: readonly [number, number]) => place(dot).map((value) => value.toFixed(1));
  const [left, bottom] = round([0, 0]);
  const [right, top] = round([most.x, most.y]);
  const ticks = [0, 0.5, 1].flatMap((share) => {
    const [tx] = round([share * most.x, 0]);
    const [, ty] = round([0, share * most.y]);
    return [
      `<text x="${tx}" y="${Number(bottom) + 14}" text-anchor="middle" fill="#555">${share * most.x}</text>`,
      `<text x="${Number(left) - 5}" y="${Number(ty) + 4}" text-anchor="end" fill="#555">${share * most.y}</text>`,
    ];
  });
  const lines = curves.flatMap(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const { offset, slope } = line(points);
    const [x1, y1] = round([0, offset]);
    const last = Math.max(...points.map(([at]) => at));
    const [x2, y2] = round([last, offset + slope * last]);
    const dots = points
      .map(round)
      .map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`);
    return [
      `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-dasharray="4 3"/>`,
      ...dots,
      `<text x="${x + PANEL.left + 8}" y="${PANEL.top + 12 + index * 14}" fill="${colour}">${name}</text>`,
    ];
  });
  return `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#999"/>
<text x="${x + PANEL.left}" y="16" font-weight="bold">${plot}: ${up}</text>
<text x="${right}" y="${PANEL.height - 8}" text-anchor="end" fill="#555">${across}</text>
${[...ticks, ...lines].join("\n")}`;
}

/** The next 1, 2 or 5 times a power of ten. */
function nice(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/** Least squares: how the cost would grow if it were in proportion. */
export function line(points: readonly (readonly [number, number])[]): { offset: number; slope: number } {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const spread = mean(([at]) => (at - x) ** 2);
  const slope = spread === 0 ? 0 : mean(([at, value]) => (at - x) * (value - y)) / spread;
  return { offset: y - slope * x, slope };
}
