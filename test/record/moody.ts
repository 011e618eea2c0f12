import type { Point, Sink, SinkSource } from "../../gateway/record/sink.ts";

/** A place that takes points when it is told to, to see who is kept waiting by whom, and in which order. */
export function moody(name: string) {
  const took: Point[][] = [];
  const place = { up: true, milliseconds: 0, took, open: false };
  const sink: Sink = {
    name,
    async write(points) {
      if (!place.up) throw new Error(`${name} is away`);
      await new Promise((resolve) => setTimeout(resolve, place.milliseconds));
      took.push([...points]);
      return [];
    },
    async close() {
      place.open = false;
    },
  };
  const open = async () => {
    place.open = true;
    return sink;
  };
  return { place, source: { name, open } satisfies SinkSource };
}
