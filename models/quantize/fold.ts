import { float32, type Graph, int64, type Tensor, withoutUnused } from "./graph.ts";
import { anyInput, evaluate, observe } from "./observe.ts";

/** Gives another result each time. */
const CHANCE = /^(Random|Multinomial|Bernoulli)/;

/**
 * Works out beforehand whatever does not depend on the pictures: constants in nodes of their own, arithmetic on
 * constants, and the shapes that exporters ask of values whose shape is known. Shapes are those of one picture;
 * `freeBatch` makes them good for any number.
 */
export async function foldConstants(graph: Graph): Promise<Graph> {
  const constants = new Map(graph.constants);
  const shapes = await askedShapes(graph);
  const known = new Set(constants.keys());
  const toWorkOut = graph.nodes.filter((node) => {
    const shape = node.op === "Shape" ? shapes.get(node.inputs[0]!) : undefined;
    const value = node.op === "Constant" ? node.attributes.value : undefined;
    if (shape) constants.set(node.outputs[0]!, int64(shape));
    else if (value?.kind === "tensor") constants.set(node.outputs[0]!, value.value);
    else if (CHANCE.test(node.op) || !node.inputs.every((name) => name === "" || known.has(name)))
      return false;
    for (const output of node.outputs) known.add(output);
    return shape === undefined && value?.kind !== "tensor";
  });
  for (const [name, tensor] of await evaluate({ ...graph, constants }, toWorkOut))
    constants.set(name, tensor);
  const nodes = graph.nodes.filter(({ outputs }) => !outputs.every((output) => known.has(output)));
  return withoutUnused({ ...graph, nodes, constants });
}

/** The shapes for which the graph asks while it runs, for one picture. */
async function askedShapes(graph: Graph): Promise<Map<string, readonly number[]>> {
  const asked = graph.nodes.filter(({ op }) => op === "Shape").map(({ inputs }) => inputs[0]!);
  return asked.length === 0 ? new Map() : shapesOf(graph, [...new Set(asked)]);
}

/** The shapes of values for one picture, by running it. */
export async function shapesOf(
  graph: Graph,
  names: readonly string[],
): Promise<Map<string, readonly number[]>> {
  const fixed = new Map<string, Tensor>(graph.constants);
  const given = anyInput(graph);
  for (const [name, { shape }] of Object.entries(given)) fixed.set(name, float32(shape, []));
  const inner = names.filter((name) => !fixed.has(name));
  const seen = await observe(graph, given, inner);
  return new Map(names.map((name) => [name, (fixed.get(name) ?? seen.get(name))!.dims]));
}
