import type { Box } from "../../gateway/terms.ts";
import type { Recording } from "./sights.ts";

/**
 * The same lesson with every face held at its seat's middle place and size: nobody leans. Drawn students lean whenever
 * they read and never otherwise, as real ones do not, and this shows how much an estimate lives on that.
 */
export function sittingStill(recording: Recording): Recording {
  const boxes = new Map<number, Box[]>();
  for (const { view } of recording.sights)
    for (const { seat, box } of view.faces) boxes.set(seat, [...(boxes.get(seat) ?? []), box]);
  const middle = new Map([...boxes].map(([seat, own]) => [seat, middleBox(own)]));
  const sights = recording.sights.map((sight) => {
    const faces = sight.view.faces.map((face) => ({ ...face, box: middle.get(face.seat)! }));
    return { ...sight, view: { ...sight.view, faces } };
  });
  return { ...recording, sights };
}

function middleBox(boxes: readonly Box[]): Box {
  const median = (of: keyof Box) => boxes.map((box) => box[of]).sort((a, b) => a - b)[boxes.length >> 1]!;
  return { x: median("x"), y: median("y"), width: median("width"), height: median("height") };
}
