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

const DOING: Readonly<Record<Activity, string>> = {
  lecture: "In a lecture",
  seatwork: "In seatwork",
  group: "In group work",
  exam: "In an exam",
  break: "During a break",
};
const THINGS: Readonly<Record<Target, string>> = {
  board: "the board",
  desk: "the desk",
  screen: "a screen",
  peer: "a neighbour",
  away: "something else",
};

/** An interval wider than this says that nobody should act on the number. */
const WIDE = 0.4;
/** Less of the class than this is not worth a word. */
const NOTEWORTHY = 0.005;

/** In plain words, sentence by sentence, where a window's focus comes from. Nothing where there is no number to explain. */
export function whyOf(window: Explained, counts: Counts): string[] {
  const { focus, targets, activity } = window;
  const counted = counts[activity];
  if (focus === null || targets === null || counted.length === 0) return [];
  const share = (target: Target) => targets[target] ?? 0;
  const part = (target: Target) => `${percent(share(target))} to ${THINGS[target]}`;
  const others = TARGETS.filter((target) => !counted.includes(target) && share(target) >= NOTEWORTHY);
  return [
    `${DOING[activity]}, heads turned to ${listed(
      counted.map((target) => THINGS[target]),
      "or",
    )} count: ${counted.map(part).join(", ")}.`,
    ...(others.length > 0 ? [`The others: ${others.map(part).join(", ")}.`] : []),
    ...doubt(window),
    "It says where heads are turned, not who listens or understands.",
  ];
}

function doubt({ low, high, heads, expected }: Explained): string[] {
  if (low === null || high === null) return [];
  const unseen = heads === null || expected === null ? 0 : Math.round(expected - heads);
  const reasons = [
    ...(unseen > 0 ? [`${unseen} of ${expected} heads could not be seen`] : []),
    "how a head is turned does not tell all",
  ];
  const sure = `It may be anything from ${percent(low)} to ${percent(high)}, because ${listed(reasons, "and")}.`;
  return high - low > WIDE ? [sure, "That is too wide to act on."] : [sure];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

const listed = (words: readonly string[], last: string) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
