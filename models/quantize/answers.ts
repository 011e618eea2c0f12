import type { Manifest, Role } from "../manifest.ts";
import {
  float32,
  type Graph,
  int,
  int64,
  type Node,
  node,
  renamedInputs,
  type Tensor,
  type Value,
  withoutUnused,
} from "./graph.ts";

type Models = Manifest["models"];

interface Answers {
  readonly nodes: readonly Node[];
  readonly constants: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Value[];
}

/** A float output with any number of pictures as its first axis. */
const output = (name: string, ...shape: (number | string)[]): Value => ({
  name,
  type: "float32",
  shape: ["N", ...shape],
});

/** How each role's answers come from what a manifest says its network gives (`own` maps those names). */
const ANSWERS: {
  readonly [R in Role]: (model: Models[R], own: (name: string) => string, network: Network) => Answers;
} = {
  detect: ({ output: { scores, boxes } }, own, { madeBy }) => {
    const maker = madeBy(scores);
    return {
      nodes: [
        ...(maker && isSoftmax(maker) ? secondShare(maker.inputs[0]!, own(scores)) : secondOf(own(scores))),
        node("Identity", [own(boxes)], ["boxes"]),
      ],
      constants: { face: index(1), margin: float32([2, 1], [-1, 1]), "scores/shape": int64([0, -1]) },
      outputs: [output("scores", "A"), output("boxes", "A", 4)],
    };
  },

  // Each angle is the mean bin under softmax: finer than the bins themselves (Hopenet, arXiv 1710.00925).
  pose: ({ output: { degreesPerBin, firstBin, ...angles } }, own, { size }) => {
    const names = ["yaw", "pitch", "roll"] as const;
    const nodes = names.flatMap((name) => [
      node("Softmax", [own(angles[name].output)], [`${name}/shares`], { axis: int(-1) }),
      node("MatMul", [`${name}/shares`, `${name}/degrees`], [name]),
    ]);
    const degrees = names.map((name) => {
      const bins = size(angles[name].output);
      const values = Array.from(
        { length: bins },
        (_, bin) => angles[name].sign * (firstBin + degreesPerBin * bin),
      );
      return [`${name}/degrees`, float32([bins, 1], values)] as const;
    });
    return {
      nodes: [...nodes, node("Concat", [...names], ["angles"], { axis: int(1) })],
      constants: Object.fromEntries(degrees),
      outputs: [output("angles", 3)],
    };
  },

  landmarks: ({ output: { points } }, own) => ({
    nodes: [node("Reshape", [own(points), "pairs"], ["points"])],
    constants: { pairs: int64([0, -1, 2]) },
    outputs: [output("points", "P", 2)],
  }),

  eyes: ({ output: { logits, open } }, own) => ({
    nodes: [
      node("Softmax", [own(logits)], ["states"], { axis: int(-1) }),
      node("Gather", ["states", "which"], ["open"], { axis: int(1) }),
    ],
    constants: { which: index(open) },
    outputs: [output("open")],
  }),
};

/** The names of what each role's networks give. */
export const OUTPUTS: { readonly [R in Role]: readonly string[] } = {
  detect: ["scores", "boxes"],
  pose: ["angles"],
  landmarks: ["points"],
  eyes: ["open"],
};

/** What answers are made from. */
interface Network {
  /** How many numbers a picture's output has along its last axis. */
  size(output: string): number;
  /** The node that an output comes from. */
  madeBy(output: string): Node | undefined;
}

/** Along the last of a detector's three axes: number of pictures, of anchors, background and face. */
const isSoftmax = ({ op, attributes }: Node) =>
  op === "Softmax" && [-1, 2].includes(Number(attributes.axis?.value ?? -1));

const secondOf = (shares: string): Node[] => [node("Gather", [shares, "face"], ["scores"], { axis: int(2) })];

/**
 * Of two shares by softmax the second is the logistic function of how far the second logit is ahead: the same number, in a
 * tenth of the time where there are thousands of rows of two.
 */
const secondShare = (logits: string, shares: string): Node[] => [
  // By its name what halves and eight bits are turned back into floats for (half.ts).
  node("Identity", [logits], [`${shares}/logits`]),
  node("MatMul", [`${shares}/logits`, "margin"], ["scores/margin"]),
  node("Reshape", ["scores/margin", "scores/shape"], ["scores/row"]),
  node("Sigmoid", ["scores/row"], ["scores"]),
];

/** A single number, not a list of one: gathering by it takes the axis away. */
const index = (value: number): Tensor => ({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(value)) });

/**
 * Ends a network in what the gateway wants to know, whatever its maker called it: a face's probability, degrees with our
 * signs, points, the probability that an eye is open. `docs/models.md` has the table.
 */
export function giveAnswers<R extends Role>(graph: Graph, role: R, model: Models[R]): Graph {
  const given = new Map(graph.outputs.map(({ name, shape }) => [name, shape]));
  const own = (name: string) => {
    if (!given.has(name)) throw new Error(`it has no output "${name}"`);
    return `network/${name}`;
  };
  const renamed = new Map([...given.keys()].map((name) => [name, `network/${name}`]));
  const nodes = renamedInputs(graph.nodes, renamed).map((each) => ({
    ...each,
    outputs: each.outputs.map((name) => renamed.get(name) ?? name),
  }));
  const answers = ANSWERS[role](model, own, {
    size: (name) => Number(given.get(name)?.at(-1)),
    madeBy: (name) => nodes.find(({ outputs }) => outputs.includes(own(name))),
  });
  return withoutUnused({
    ...graph,
    nodes: [...nodes, ...answers.nodes],
    outputs: answers.outputs,
    constants: new Map([...graph.constants, ...Object.entries(answers.constants)]),
  });
}
