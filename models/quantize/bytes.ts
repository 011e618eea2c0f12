import type { Manifest, Role } from "../manifest.ts";
import { float32, type Graph, ints, type Node, node, readers, type Tensor, withoutUnused } from "./graph.ts";

type Input = Manifest["models"][Role]["input"];

/** The input of every network that we write: RGB bytes, interleaved, any number of pictures. */
export const PICTURES = "pictures";

/** The pictures as planes, still bytes; and as numbers whose mean is taken off. */
export const PLANES = "pictures/planes";
export const CENTRED = "pictures/centred";
const MEAN = "pictures/mean";

/** What the network's channels are made of, red, green and blue. Grey is Rec. 601's luma, as OpenCV and libjpeg have it. */
const MIXES: Readonly<Record<Input["channels"], readonly (readonly [number, number, number])[]>> = {
  rgb: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  bgr: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
  grey: [[0.299, 0.587, 0.114]],
};

/**
 * Takes pictures as they come out of a decoder, uint8 N×H×W×3, and does the rest in the graph: planes instead of pixels,
 * minus the mean; colour and deviation go into the weights of the first convolutions. The mean cannot, because their
 * padding has to stay worth nothing.
 */
export function feedBytes(graph: Graph, { width, height, channels, mean, std }: Input): Graph {
  const [input] = graph.inputs;
  const mix = MIXES[channels];
  // What each colour has to lose so that each channel loses its mean: a mix of equal parts is that part.
  const offset = [0, 1, 2].map((colour) => mean[mix.findIndex((parts) => parts[colour] !== 0)]!);
  const factor = (channel: number, colour: number) => mix[channel]![colour]! / std[channel]!;

  const constants = new Map(graph.constants);
  const first = offset.some((value) => value !== 0)
    ? [
        node("Transpose", [PICTURES], [PLANES], { perm: ints([0, 3, 1, 2]) }),
        node("Cast", [PLANES], ["pictures/float"], { to: { kind: "int", value: 1 } }),
        node("Sub", ["pictures/float", MEAN], [CENTRED]),
      ]
    : [
        node("Transpose", [PICTURES], [PLANES], { perm: ints([0, 3, 1, 2]) }),
        node("Cast", [PLANES], [CENTRED], { to: { kind: "int", value: 1 } }),
      ];
  constants.set(MEAN, float32([1, 3, 1, 1], offset));

  const users = readers(graph).get(input!.name) ?? [];
  const absorbs = users.every((user) => isPlainConvolution(user, constants));
  const nodes = absorbs
    ? graph.nodes.map((each) => {
        if (!users.includes(each)) return each;
        const weight = `${each.outputs[0]}/weight`;
        constants.set(weight, mixed(constants.get(each.inputs[1]!)!, factor));
        return { ...each, inputs: [CENTRED, weight, ...each.inputs.slice(2)] };
      })
    : [node("Conv", [CENTRED, "pictures/mix"], [input!.name]), ...graph.nodes];
  if (!absorbs) {
    const rows = mix.flatMap((_, channel) => [0, 1, 2].map((colour) => factor(channel, colour)));
    constants.set("pictures/mix", float32([mix.length, 3, 1, 1], rows));
  }
  const inputs = [{ name: PICTURES, type: "uint8" as const, shape: [input!.shape![0]!, height, width, 3] }];
  return withoutUnused({ ...graph, inputs, nodes: [...first, ...nodes], constants });
}

const isPlainConvolution = ({ op, inputs, attributes }: Node, constants: ReadonlyMap<string, Tensor>) =>
  op === "Conv" && (attributes.group?.value ?? 1) === 1 && constants.has(inputs[1]!);

/** A convolution's weights, out×channels×h×w, as out×3×h×w for red, green and blue. */
function mixed({ dims, data }: Tensor, factor: (channel: number, colour: number) => number): Tensor {
  const [out, channels, ...kernel] = dims as [number, number, ...number[]];
  const area = kernel.reduce((product, size) => product * size, 1);
  const target = new Float32Array(out * 3 * area);
  for (let row = 0; row < out; row++)
    for (let channel = 0; channel < channels; channel++)
      for (let colour = 0; colour < 3; colour++)
        for (let at = 0; at < area; at++)
          target[(row * 3 + colour) * area + at]! +=
            factor(channel, colour) * Number(data[(row * channels + channel) * area + at]);
  return { type: "float32", dims: [out, 3, ...kernel], data: target };
}

/**
 * Takes one whole number off all colours instead of each its mean, and lets the convolutions' offsets make up for it: bytes
 * are then eight-bit values as they are. Exact but for the outermost pixels, where padding is worth as much as that number
 * rather than as each colour's mean. Gives the number, 0 when no mean is taken off.
 */
export function withCommonMean(graph: Graph): { readonly graph: Graph; readonly mean: number } {
  const means = graph.constants.get(MEAN);
  if (!means) return { graph, mean: 0 };
  const each = means.data as Float32Array;
  const mean = Math.round(each.reduce((sum, value) => sum + value, 0) / each.length);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((user) => {
    if (user.inputs[0] !== CENTRED) return user;
    const { dims, data } = constants.get(user.inputs[1]!)!;
    const area = data.length / dims[0]! / 3;
    const old = user.inputs[2] ? constants.get(user.inputs[2])!.data : new Float32Array(dims[0]!);
    const bias = Float32Array.from(old as Float32Array, (value, row) => {
      let sum = value;
      for (let at = 0; at < 3 * area; at++)
        sum += Number(data[row * 3 * area + at]) * (mean - each[Math.floor(at / area)]!);
      return sum;
    });
    constants.set(`${user.outputs[0]}/offset`, { type: "float32", dims: [bias.length], data: bias });
    return { ...user, inputs: [CENTRED, user.inputs[1]!, `${user.outputs[0]}/offset`] };
  });
  constants.set(MEAN, float32([], [mean]));
  return { graph: { ...graph, nodes, constants }, mean };
}
