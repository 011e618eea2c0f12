import { type Graph, int64, numbersOf, type Value } from "./graph.ts";

/** The name of the first axis in files that take any number of pictures. */
const ANY = "N";

/**
 * Lets a graph that was written for one picture take any number of them in one run. Exporters nail the 1 down in two
 * places: the shapes of inputs and outputs, and what values are reshaped to, where 0 means "as many as there were".
 */
export function freeBatch(graph: Graph): Graph {
  const free = (value: Value): Value => ({ ...value, shape: value.shape && [ANY, ...value.shape.slice(1)] });
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((each) => {
    const target = each.op === "Reshape" ? constants.get(each.inputs[1]!) : undefined;
    const [first, ...rest] = target ? numbersOf(target) : [];
    if (first !== 1) return each;
    const shape = `${each.outputs[0]}/shape`;
    constants.set(shape, int64([0, ...rest]));
    // Since opset 14 an exporter may have had 0 mean none at all.
    const { allowzero: _, ...attributes } = each.attributes;
    return { ...each, inputs: [each.inputs[0]!, shape], attributes };
  });
  return { ...graph, inputs: graph.inputs.map(free), outputs: graph.outputs.map(free), nodes, constants };
}
