import type { Manifest, Role } from "../manifest.ts";
import { giveAnswers } from "./answers.ts";
import { freeBatch } from "./batch.ts";
import { feedBytes } from "./bytes.ts";
import { withoutShuffles } from "./channels.ts";
import { foldConstants, shapesOf } from "./fold.ts";
import type { Graph } from "./graph.ts";
import { inFullLanes } from "./lanes.ts";
import { foldNormalisation } from "./normalisation.ts";
import { raiseOpset, ranksAsked } from "./opset.ts";

const valuesOf = ({ inputs, nodes }: Graph) =>
  [...inputs.map(({ name }) => name), ...nodes.flatMap(({ outputs }) => outputs)].filter(
    (name) => name !== "",
  );

/**
 * A network as its maker gave it → the same network as the gateway runs it: bytes in, answers out, any number of pictures
 * at once, everything worked out beforehand that can be.
 *
 *   opset ≥ 13 ──▶ constants ──▶ batch norms ──▶ no shuffles ──▶ full lanes ──▶ any batch ──▶ bytes in ──▶ answers out
 *
 * Throws an Error that names what in it stands against that.
 */
export async function readyGraph<R extends Role>(
  source: Graph,
  role: R,
  model: Manifest["models"][R],
): Promise<Graph> {
  if (source.inputs.length !== 1 || source.inputs[0]!.shape?.length !== 4)
    throw new Error("it takes something other than one picture");
  const ranks = await shapesOf(source, ranksAsked(source));
  const raised = raiseOpset(source, (name) => ranks.get(name)!.length);
  const folded = foldNormalisation(await foldConstants(raised));
  const shapes = await shapesOf(folded, valuesOf(folded));
  const plain = withoutShuffles(folded, (name) => shapes.get(name)!);
  const before = await shapesOf(plain, valuesOf(plain));
  const full = inFullLanes(plain, (name) => before.get(name)!);
  return giveAnswers(feedBytes(freeBatch(full), model.input), role, model);
}
