import type { Disturbance } from "./disturb.ts";
import { PARTS, type Part, type Taken } from "./processes.ts";
import type { Sample } from "./sample.ts";
import { median, type Point, slope } from "./slope.ts";

/** What an hour in a room came to. Pairs are the medians of the first and of the last five minutes that count. */
export interface Summary {
  readonly began: string;
  readonly node: string;
  readonly cores: number;
  readonly minutes: number;
  readonly warmUpMinutes: number;
  readonly parts: readonly PartSummary[];
  readonly files: Pair;
  readonly dataMb: Pair;
  /** Windows by quality, of the whole time and of the time in which everything around the gateway was there. */
  readonly windows: Readonly<Record<string, number>>;
  readonly quietWindows: Readonly<Record<string, number>>;
  readonly missing: number;
  /** Readings by sensor and quality. */
  readonly readings: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly mostSpooled: number;
  readonly dropped: number;
  /** The oldest picture, in seconds, that `gateway/health` spoke of while nothing was away. */
  readonly oldestFrameSeconds: number | null;
  readonly disturbances: readonly Disturbance[];
  /** What is not as it should be; empty when all is well. */
  readonly problems: readonly string[];
}

export type Pair = readonly [first: number, last: number];

export interface PartSummary {
  readonly part: Part;
  /** Memory of one such process. */
  readonly rssMb: Pair;
  readonly growthMbPerHour: number | null;
  readonly growthPercentPerHour: number | null;
  /** The same over its last hour alone: what is left of it once everything has been done once. Null for shorter runs. */
  readonly lastHourMbPerHour: number | null;
  /** Of that, what is the process's own, not mapped from files. */
  readonly ownMb: Pair;
  readonly ownGrowthPercentPerHour: number | null;
  readonly openFiles: Pair;
  readonly threads: Pair;
  /** Processes of this kind there have been. */
  readonly started: number;
}

export const MOST_GROWTH_PERCENT_PER_HOUR = 5;
const EDGE_SECONDS = 300;
const HOUR_SECONDS = 3600;
/** After a recovery: a window lasts 10 s, and the one that was under way has to end. */
const SETTLING_SECONDS = 20;

interface Measured {
  readonly began: string;
  readonly node: string;
  readonly cores: number;
  readonly samples: readonly Sample[];
  readonly disturbances: readonly Disturbance[];
  readonly warmUpMinutes: number;
}

/** Works out what the samples come to. Growth is judged after the warm-up, while nothing is away. */
export function summarise({ samples, disturbances, warmUpMinutes, ...about }: Measured): Summary {
  const isQuiet = ({ seconds }: Sample) =>
    !disturbances.some(({ at, ended }) => seconds >= at && seconds <= ended + SETTLING_SECONDS);
  const counted = samples.filter((sample) => sample.seconds >= warmUpMinutes * 60 && isQuiet(sample));
  const ends = (value: (sample: Sample) => number): Pair => {
    const from = counted[0]?.seconds ?? 0;
    const to = counted.at(-1)?.seconds ?? 0;
    const near = (test: (seconds: number) => boolean) =>
      rounded(median(counted.filter(({ seconds }) => test(seconds)).map(value)));
    return [
      near((seconds) => seconds <= from + EDGE_SECONDS),
      near((seconds) => seconds >= to - EDGE_SECONDS),
    ];
  };

  const parts = PARTS.flatMap((part): PartSummary[] => {
    const ofPart = (sample: Sample) => sample.processes.filter((one) => one.part === part);
    const there = counted.filter((sample) => ofPart(sample).length > 0);
    if (there.length < counted.length / 2 || there.length === 0) return []; // only passing through
    const one = (pick: (taken: Taken) => number) => (sample: Sample) =>
      ofPart(sample).reduce((sum, taken) => sum + pick(taken), 0) / Math.max(1, ofPart(sample).length);
    const growth = (pick: (taken: Taken) => number, from = 0) => {
      const since = there.filter(({ seconds }) => seconds >= from);
      const points = since.map((sample): Point => [sample.seconds / 3600, one(pick)(sample)]);
      const perHour = slope(points);
      const mean = points.reduce((sum, [, value]) => sum + value, 0) / points.length;
      return perHour === null ? [null, null] : [rounded(perHour), rounded((perHour / mean) * 100)];
    };
    const [growthMbPerHour, growthPercentPerHour] = growth(({ rssMb }) => rssMb);
    const lastHour = there.at(-1)!.seconds - HOUR_SECONDS;
    const isLong = lastHour - there[0]!.seconds >= HOUR_SECONDS / 2;
    return [
      {
        part,
        rssMb: ends(one(({ rssMb }) => rssMb)),
        growthMbPerHour: growthMbPerHour!,
        growthPercentPerHour: growthPercentPerHour!,
        lastHourMbPerHour: isLong ? growth(({ rssMb }) => rssMb, lastHour)[0]! : null,
        ownMb: ends(one(({ ownMb }) => ownMb)),
        ownGrowthPercentPerHour: growth(({ ownMb }) => ownMb)[1]!,
        openFiles: ends(one(({ openFiles }) => openFiles)),
        threads: ends(one(({ threads }) => threads)),
        started: new Set(samples.flatMap((sample) => ofPart(sample).map(({ pid }) => pid))).size,
      },
    ];
  });

  const last = samples.at(-1);
  const ages = counted.flatMap(({ health }) => health?.frame_age_s ?? []);
  const summary = {
    ...about,
    minutes: rounded((last?.seconds ?? 0) / 60),
    warmUpMinutes,
    parts,
    files: ends(({ files }) => files),
    dataMb: ends(({ megabytes }) => megabytes),
    windows: last?.windows ?? {},
    quietWindows: quietWindows(samples, isQuiet),
    missing: last?.missing ?? 0,
    readings: last?.readings ?? {},
    mostSpooled: Math.max(0, ...samples.map(({ health }) => health?.spool_depth ?? 0)),
    dropped: last?.health?.dropped ?? 0,
    oldestFrameSeconds: ages.length > 0 ? Math.max(...ages) : null,
    disturbances,
  };
  return { ...summary, problems: problemsOf(summary) };
}

/** What was counted from one quiet sample to the next, added up. */
function quietWindows(
  samples: readonly Sample[],
  isQuiet: (sample: Sample) => boolean,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (!before || !isQuiet(before) || !isQuiet(sample)) continue;
    for (const [quality, count] of Object.entries(sample.windows)) {
      const more = count - (before.windows[quality] ?? 0);
      if (more > 0) sums[quality] = (sums[quality] ?? 0) + more;
    }
  }
  return sums;
}

function problemsOf({ parts, disturbances, missing, dropped }: Omit<Summary, "problems">): string[] {
  return [
    ...parts
      .filter(({ growthPercentPerHour }) => (growthPercentPerHour ?? 0) > MOST_GROWTH_PERCENT_PER_HOUR)
      .map(
        ({ part, growthPercentPerHour }) =>
          `the memory of ${part} grows by ${growthPercentPerHour} % an hour`,
      ),
    ...disturbances
      .filter(({ recoveredSeconds }) => recoveredSeconds === null)
      .map(({ what, at }) => `no recovery after minute ${Math.round(at / 60)}, when ${what}`),
    ...(missing > 0 ? [`${missing} windows did not come`] : []),
    ...(dropped > 0 ? [`${dropped} messages were dropped`] : []),
  ];
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
