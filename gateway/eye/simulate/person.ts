import { between, randomFrom, shuffled } from "./random.ts";

export const HAIR_STYLES = ["short", "long", "curly", "bob", "bun", "scarf", "crop", "ponytail"] as const;
export type HairStyle = (typeof HAIR_STYLES)[number];

/** What a drawn student looks like. Nobody is meant: it is all drawn by lot. */
export interface Person {
  readonly skin: string;
  readonly hair: HairStyle;
  readonly hairColour: string;
  readonly fringe: boolean;
  readonly glasses: string | null;
  readonly shirt: string;
  readonly shirtKind: "plain" | "striped" | "hoodie" | "collar";
  readonly iris: string;
  /** Multiplies the width of jaw and cheeks. */
  readonly breadth: number;
  /** Corners of the mouth, up or down, in halves of the face's width. */
  readonly smile: number;
  readonly browWeight: number;
}

const SKINS = [
  "#f6d3b6",
  "#edbf98",
  "#e0a878",
  "#c98b5e",
  "#a66a41",
  "#7f4d2e",
  "#f3c9a8",
  "#d69b6b",
  "#5f3a25",
];
const HAIRS = ["#221a18", "#3a2720", "#5a3a24", "#7c5230", "#a9793f", "#d2a760", "#161314", "#8a3d1f"];
// biome-ignore format: a palette reads best as a block
const SHIRTS = [
  "#3f6fae", "#c8553d", "#4e8f6a", "#e0b13c", "#7a5aa6", "#e9e4d8", "#2f3e57", "#d17a9b",
  "#5fa8b8", "#8a9a5b", "#b0413e", "#efefef", "#46505f", "#e48f4a",
];
const SCARVES = ["#7d5a8c", "#2f5d7c", "#b5685c", "#d8c9b0", "#3f6b5e"];
const IRISES = ["#4a2f1d", "#3a2416", "#5b7a8c", "#5f7448", "#2b1a12"];
const GLASSES = ["#22252b", "#5a3322", "#2b4a6b", "#8a2f3a"];

/** A class in which every look is there in turn, rather than by luck. */
export function drawLots(students: number, seed: number): Person[] {
  const order = (salt: number) => shuffled(randomFrom(seed, 80, salt), students);
  const [skin, hair, colour, shirt, glasses, kind] = [
    order(1),
    order(2),
    order(3),
    order(4),
    order(5),
    order(6),
  ];
  const kinds = ["plain", "hoodie", "striped", "plain", "collar"] as const;
  return Array.from({ length: students }, (_, seat): Person => {
    const random = randomFrom(seed, 81, seat);
    const tone = SKINS[skin[seat]! % SKINS.length]!;
    // Fair hair on dark skin is rare enough to look odd in every seventh student.
    const dark = SKINS.indexOf(tone) === 4 || SKINS.indexOf(tone) === 5 || SKINS.indexOf(tone) === 8;
    const style = HAIR_STYLES[hair[seat]! % HAIR_STYLES.length]!;
    const hairs = dark ? [HAIRS[0]!, HAIRS[1]!, HAIRS[6]!] : HAIRS;
    const colours = style === "scarf" ? SCARVES : hairs;
    return {
      skin: tone,
      hair: style,
      hairColour: colours[colour[seat]! % colours.length]!,
      fringe: random() < 0.5,
      glasses: glasses[seat]! % 4 === 0 ? GLASSES[Math.floor(random() * GLASSES.length)]! : null,
      shirt: SHIRTS[shirt[seat]! % SHIRTS.length]!,
      shirtKind: kinds[kind[seat]! % kinds.length]!,
      iris: IRISES[Math.floor(random() * (dark ? 2 : IRISES.length))]!,
      breadth: between(random, 0.95, 1.05),
      smile: between(random, 0.01, 0.08),
      browWeight: between(random, 0.045, 0.075),
    };
  });
}
