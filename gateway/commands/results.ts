import { TARGETS, type View, type Window } from "../terms.ts";

/** Results in words, one line each, for people at a terminal. */

const percent = (share: number) => `${Math.round(share * 100)} %`;

const UNKNOWN: Readonly<Record<Exclude<Window["quality"], "ok">, string>> = {
  low_coverage: "unknown: too few of the heads are in sight",
  suppressed: "unknown: fewer heads than the minimum group, so nothing is said about them",
  paused: "unknown: paused",
  no_camera: "unknown: no camera",
};

/** `lesson.mp4  0:10–0:20  focus 72 % (61–81 %)  22 of 24 heads  board 60 %, desk 12 %, …` */
export function windowLine(label: string, window: Window): string {
  const { quality, focus, low, high, heads, expected, targets } = window;
  if (quality !== "ok") return `${label}  ${UNKNOWN[quality]}`;
  const parts = [
    focus === null || low === null || high === null
      ? "nothing counts as focus in a break"
      : `focus ${percent(focus)} (${Math.round(low * 100)}–${percent(high)})`,
    `${heads}${expected === null ? "" : ` of ${Math.max(expected, heads ?? 0)}`} heads`,
    targets ? TARGETS.map((target) => `${target} ${percent(targets[target])}`).join(", ") : "",
  ];
  return [label, ...parts].join("  ");
}

/** The faces of one picture: where, which way (degrees, see `HeadPose`), and whether the eyes are open. */
export function faceLines(label: string, { width, height, faces }: View): string {
  const degrees = (value: number) => {
    const whole = Math.round(value);
    return `${whole < 0 ? "−" : "+"}${Math.abs(whole)}°`.padStart(5);
  };
  const lines = faces.map(({ seat, box, score, yaw, pitch, roll, eyesOpen }) => {
    const place = `${Math.round(box.x * width)},${Math.round(box.y * height)}`.padStart(9);
    const size = `${Math.round(box.width * width)}×${Math.round(box.height * height)} px`;
    const eyes = eyesOpen === null ? "eyes too small or turned away" : `eyes open ${percent(eyesOpen)}`;
    return `  seat ${String(seat).padStart(2)}  at ${place}  ${size}  yaw ${degrees(yaw)}  pitch ${degrees(pitch)}  roll ${degrees(roll)}  ${eyes}  score ${score.toFixed(2)}`;
  });
  return [`${label}  ${faces.length} ${faces.length === 1 ? "face" : "faces"}`, ...lines].join("\n");
}
