import { type Activity, TARGETS, type Target } from "../../terms.ts";

/** What a window says that its number can be explained by: facts about the room that are published already, and no others. */
export interface Explained {
  readonly focus: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly heads: number | null;
  readonly expected: number | null;
  readonly targets: Readonly<Partial<Record<Target, number>>> | null;
  readonly activity: Activity;
}

/** Which targets count as focus during each activity, as the config says. */
export type Counts = Readonly<Record<Activity, readonly Target[]>>;

/** The words of one language, `why` in `flows/live/words/*.json`; `{names}` in them are filled in. */
export interface WhyWords {
  readonly doing: Readonly<Record<Activity, string>>;
  readonly things: Readonly<Record<Target, string>>;
  readonly counts: string;
  readonly others: string;
  readonly part: string;
  readonly range: string;
  readonly unseen: string;
  readonly turned: string;
  readonly wide: string;
  readonly limits: string;
  readonly comma: string;
  readonly or: string;
  readonly and: string;
}

/** An interval wider than this says that nobody should act on the number. */
const WIDE = 0.4;
/** Less of the class than this is not worth a word. */
const NOTEWORTHY = 0.005;

/** In plain words, sentence by sentence, where a window's focus comes from. Nothing where there is no number to explain. */
export function whyOf(window: Explained, counts: Counts, words: WhyWords): string[] {
  const { focus, targets, activity } = window;
  const counted = counts[activity];
  if (focus === null || targets === null || counted.length === 0) return [];
  const share = (target: Target) => targets[target] ?? 0;
  const part = (target: Target) =>
    put(words.part, { percent: percent(share(target)), thing: words.things[target] });
  const parts = (some: readonly Target[]) => some.map(part).join(words.comma);
  const others = TARGETS.filter((target) => !counted.includes(target) && share(target) >= NOTEWORTHY);
  const things = counted.map((target) => words.things[target]);
  return [
    put(words.counts, {
      doing: words.doing[activity],
      things: listed(things, words.or, words),
      parts: parts(counted),
    }),
    ...(others.length > 0 ? [put(words.others, { parts: parts(others) })] : []),
    ...doubt(window, words),
    words.limits,
  ];
}

function doubt({ low, high, heads, expected }: Explained, words: WhyWords): string[] {
  if (low === null || high === null) return [];
  const unseen = heads === null || expected === null ? 0 : Math.round(expected - heads);
  const reasons = [...(unseen > 0 ? [put(words.unseen, { unseen, expected })] : []), words.turned];
  const sure = put(words.range, {
    low: percent(low),
    high: percent(high),
    reasons: listed(reasons, words.and, words),
  });
  return high - low > WIDE ? [sure, words.wide] : [sure];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

const put = (text: string, values: Readonly<Record<string, string | number | null>>) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));

const listed = (texts: readonly string[], last: string, { comma }: WhyWords) =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(comma)}${last}${texts.at(-1)}`;
