import { type Graph, int, type Node, node, type Tensor, withoutUnused } from "./graph.ts";

/** ONNX's numbers for the types to cast to. */
const FLOAT32 = 1;
const FLOAT16 = 10;
/** Inputs that stay float32 in every opset: the scales of a Resize. */
const FLOAT32_INPUTS: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2] };

/**
 * A network in float16, for GPUs, whose Node binding takes no precision flag: all that is reckoned between the bytes that
 * come in and the network's own outputs. The answers after those (softmax over degrees) stay in float32, where halves
 * would round them to a tenth of a degree.
 */
export function inHalves(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const inHalf = new Set<string>();
  const nodes = graph.nodes.flatMap((each): Node[] => {
    if (each.op === "Cast" && each.attributes.to?.value === FLOAT32) {
      inHalf.add(each.outputs[0]!);
      return [{ ...each, attributes: { to: int(FLOAT16) } }];
    }
    if (!each.inputs.some((name) => inHalf.has(name))) return [each];
    const full = FLOAT32_INPUTS[each.op] ?? [];
    const inputs = each.inputs.map((name, index) => {
      const tensor = constants.get(name);
      if (tensor?.type !== "float32" || full.includes(index)) return name;
      constants.set(`${name}/half`, halved(tensor));
      return `${name}/half`;
    });
    const ends = each.outputs.filter((name) => name.startsWith("network/"));
    for (const name of each.outputs) if (!ends.includes(name)) inHalf.add(name);
    const outputs = each.outputs.map((name) => (ends.includes(name) ? `${name}/half` : name));
    const casts = ends.map((name) => node("Cast", [`${name}/half`], [name], { to: int(FLOAT32) }));
    return [{ ...each, inputs, outputs }, ...casts];
  });
  return withoutUnused({ ...graph, nodes, constants });
}

function halved({ dims, data }: Tensor): Tensor {
  const words = new Uint16Array(data.length);
  for (let at = 0; at < words.length; at++) words[at] = half(Number(data[at]));
  return { type: "float16", dims, data: words };
}

const bits = new DataView(new ArrayBuffer(4));

/** A number as the bits of an IEEE 754 half, rounded to the nearest, ties to even; too large ones become the largest. */
export function half(value: number): number {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const sign = (word >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (size > 65_504) return sign | 0x7bff;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundEven((size / 2 ** exponent - 1) * 1024));
}

function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
