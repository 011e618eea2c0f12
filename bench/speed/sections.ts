import path from "node:path";
import { perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import type { Logger } from "../../gateway/log.ts";
import type { PreparedPack } from "../../models/manifest.ts";
import { measureGateway } from "./gateway.ts";
import { measureLatency } from "./latency.ts";
import { drawClass } from "./pictures.ts";
import { inPrecision } from "./precision.ts";
import { measureRate } from "./rates.ts";
import { atLeast, atMost, type Curve, type Row, type Section } from "./row.ts";
import { interleave, percentile, ratio } from "./sample.ts";
import { measureSteps, openBare, type Steps } from "./steps.ts";
import { measureStores } from "./stores.ts";

/** What every section is given. `quick` measures less of everything, to see whether it runs. */
export interface Bench {
  readonly pack: PreparedPack;
  readonly log: Logger;
  readonly quick: boolean;
  /** For files; removed at the end. */
  readonly folder: string;
  /** Where the prepared models are. */
  readonly models: string;
}

const HD = { width: 1280, height: 720 };
const FULL_HD = { width: 1920, height: 1080 };
const size = ({ width, height }: { width: number; height: number }) => `${width}×${height}`;

/** Where the time of a picture goes, on one thread and on as many as there are cores, and how near that is to its limit. */
export async function steps({ pack, log, quick }: Bench): Promise<Section> {
  const pictures = await drawClass({ ...HD, students: 24, count: quick ? 2 : 6 });
  const measured: Record<string, Steps> = {};
  for (const threads of [1, "auto"] as const) {
    const bare = await openBare(pack, perceiveOptions.parse({ providers: ["cpu"], threads }), log);
    measured[threads] = await measureSteps(bare, pictures, quick ? 2 : 10);
    await bare.close();
  }
  const [one, all] = [measured["1"]!, measured.auto!];
  const part = (name: string, of: (steps: Steps) => number): Row => ({
    what: name,
    value: of(all),
    unit: "ms",
    note: `${of(one).toFixed(1)} ms on one thread`,
  });
  return {
    title: `One picture of 24 heads, ${size(HD)}, ${pack.ready.cpu.pose.precision}`,
    rows: [
      part("decoding the JPEG", (steps) => steps.decode),
      part("finding faces", (steps) => steps.networks.detect),
      part("head pose", (steps) => steps.networks.pose),
      part("landmarks", (steps) => steps.networks.landmarks),
      part("eyes", (steps) => steps.networks.eyes),
      part("the limit: decoding and networks, bare", (steps) => steps.limit),
      part("the whole pipeline", (steps) => steps.whole),
      {
        what: "limit ÷ pipeline",
        value: all.share,
        unit: "",
        goal: atLeast(all.share, 0.9),
        note: `${one.share.toFixed(2)} on one thread`,
      },
    ],
  };
}

/** The same pictures in float32 and in int8, in turn. */
export async function precision({ pack, log, quick }: Bench): Promise<Section> {
  const title = "int8 against float32, on one thread";
  const int8 = inPrecision(pack, "int8");
  if (!int8)
    return { title, rows: [], skipped: "no int8 networks are prepared: `focus-gateway models prepare`" };
  const pictures = await drawClass({ ...HD, students: 24, count: quick ? 2 : 4, seed: 2 });
  const options = perceiveOptions.parse({ providers: ["cpu"], threads: 1 });
  const float = await openBare(inPrecision(pack, "float32")!, options, log);
  const small = await openBare(int8, options, log);
  for (const picture of pictures) await Promise.all([float.whole(picture), small.whole(picture)]);
  const rows: Row[] = [];
  for (const [what, look] of [
    ["faces a second, bare networks", "limit"],
    ["faces a second, whole pipeline", "whole"],
  ] as const) {
    const [slow, fast] = await interleave(quick ? 2 : 8, [
      async () => {
        for (const picture of pictures) await float[look](picture);
      },
      async () => {
        for (const picture of pictures) await small[look](picture);
      },
    ]);
    const value = ratio(slow!, fast!);
    rows.push({ what, value, unit: "× float32", ...(look === "limit" && { goal: atLeast(value, 2) }) });
  }
  await float.close();
  await small.close();
  return { title, rows };
}

/** Frames and faces a second through the real eye process: cameras, heads and pixels. */
export async function rates(bench: Bench): Promise<Section> {
  const { pack, log, quick, folder } = bench;
  const frames = quick ? 12 : 60;
  const rows: Row[] = [];
  const curves: Curve[] = [];
  let count = 0;
  const ask = async (students: number, cameras: number, pixels: typeof HD) => {
    const pictures = await drawClass({ ...pixels, students, count: 3, seed: 3 });
    const rate = await measureRate(
      { pictures, cameras, frames, folder: path.join(folder, `rate-${count++}`) },
      { pack, log },
    );
    const isGoal = students === 24 && cameras === 1 && pixels === HD;
    rows.push({
      what: `${students} heads, ${cameras} camera${cameras > 1 ? "s" : ""}, ${size(pixels)}`,
      value: rate.framesPerSecond,
      unit: "frames/s",
      note: `${Math.round(rate.facesPerSecond)} faces/s; eye ${Math.round(rate.megabytes)} MB`,
      ...(isGoal && { goal: atLeast(rate.framesPerSecond, 15) }),
    });
    return 1000 / rate.framesPerSecond;
  };
  for (const pixels of [HD, FULL_HD]) {
    const points: [number, number][] = [];
    for (const students of quick ? [6, 24] : [6, 12, 24, 40])
      points.push([students, await ask(students, 1, pixels)]);
    curves.push({
      plot: "Heads",
      across: "heads in the picture",
      up: "ms a picture",
      name: size(pixels),
      points,
    });
  }
  const cameras: [number, number][] = [[1, curves[0]!.points.find(([heads]) => heads === 24)![1]]];
  for (const many of quick ? [2] : [2, 4]) cameras.push([many, many * (await ask(24, many, HD))]);
  curves.push({
    ...{ plot: "Cameras", across: "cameras, 24 heads each", up: "ms a round" },
    name: size(HD),
    points: cameras,
  });
  const pixels: [number, number][] = [];
  for (const [width, height] of [
    [640, 360],
    [1280, 720],
    [1920, 1080],
    [2560, 1440],
  ] as const) {
    if (quick && width !== 640) continue;
    pixels.push([(width * height) / 1e6, await ask(12, 1, { width, height })]);
  }
  curves.push({
    plot: "Pixels",
    across: "megapixels, 12 heads",
    up: "ms a picture",
    name: "12 heads",
    points: pixels,
  });
  return { title: "How fast the eye looks, on as many threads as there are cores", rows, curves };
}

/** From a picture's capture to a subscriber. */
export async function latency({ pack, log, quick, folder }: Bench): Promise<Section> {
  const pictures = await drawClass({ ...HD, students: 24, count: 4, seed: 4 });
  const rows: Row[] = [];
  for (const commitMilliseconds of [100, 20]) {
    const { view, message } = await measureLatency(
      {
        ...{ pictures, framesPerSecond: 5, seconds: quick ? 3 : 12, commitMilliseconds },
        folder: path.join(folder, `latency-${commitMilliseconds}`),
      },
      { pack, log },
    );
    const figure = (what: string, values: readonly number[], share: number): Row => ({
      what: `${what}, p${share * 100}`,
      value: percentile(values, share),
      unit: "ms",
    });
    if (rows.length === 0)
      for (const share of [0.5, 0.95, 0.99]) rows.push(figure("capture → view", view, share));
    for (const share of [0.5, 0.95, 0.99]) {
      const row = figure(`capture → MQTT, spool synced every ${commitMilliseconds} ms`, message, share);
      rows.push(share === 0.95 ? { ...row, goal: atMost(row.value, 150, " ms") } : row);
    }
  }
  return { title: `The per-frame path: 24 heads, ${size(HD)}, five pictures a second`, rows };
}

/** A whole gateway: how soon it speaks, and what it takes. */
export async function whole({ folder, models, quick }: Bench): Promise<Section> {
  const told = await measureGateway(path.join(folder, "gateway"), models, quick ? 25 : 60);
  const total = Object.values(told.memory).reduce((sum, each) => sum + each, 0);
  return {
    title: "A whole gateway, as `npm start` runs it, models prepared",
    rows: [
      { what: "first picture looked at", value: told.firstFrameSeconds, unit: "s" },
      {
        ...{ what: "first focus message that is `ok`", value: told.firstMessageSeconds, unit: "s" },
        goal: atMost(told.firstMessageSeconds, 3, " s"),
      },
      ...Object.entries(told.memory).map(
        ([name, value]): Row => ({ what: `resident memory, ${name}`, value, unit: "MB" }),
      ),
      {
        ...{ what: "memory of everything, what processes share counted once", unit: "MB" },
        value: told.proportionalMegabytes,
        goal: atMost(told.proportionalMegabytes, 400, " MB"),
        note: `${Math.round(total)} MB when it is counted in each`,
      },
      { what: "growth over the second half of that minute", value: told.growthMegabytes, unit: "MB" },
    ],
  };
}

/** What the databases take. */
export async function stores({ quick, folder }: Bench): Promise<Section> {
  const { embedded, influx } = await measureStores(quick ? 10_100 : 50_100, folder);
  const rows: Row[] = [{ what: "embedded store", value: embedded, unit: "points/s" }];
  if (influx !== null)
    rows.push({ what: "InfluxDB 1.6 on the same machine", value: influx, unit: "points/s" });
  return {
    title: "Writing windows, in batches of 5,000",
    rows,
    ...(influx === null && { skipped: "InfluxDB: influxd is not installed" }),
  };
}
