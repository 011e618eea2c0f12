import { openSession } from "../../gateway/onnx.ts";
import { PICTURES } from "./bytes.ts";

/** Pictures as a network is fed them: RGB bytes, one after the other, all of one size. */
export interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly list: readonly Uint8Array[];
}

/** A network's answers for a list of pictures, by output, one picture's after the other's. */
export type Answers = Readonly<Record<string, Float32Array>>;

const BATCH = 8;

/** What a network that was made ready says of pictures, on the CPU. */
export async function ask(network: Uint8Array, pictures: Pictures): Promise<Answers> {
  const session = await openSession(network, "cpu", 1);
  try {
    const said = new Map<string, Float32Array[]>();
    for (const batch of batches(pictures, BATCH)) {
      for (const [name, numbers] of Object.entries(await session.run(batch)))
        said.set(name, [...(said.get(name) ?? []), numbers]);
    }
    return Object.fromEntries([...said].map(([name, parts]) => [name, joined(parts)]));
  } finally {
    await session.close();
  }
}

/** The pictures as inputs of a network, so many at a time. */
export function* batches({ width, height, list }: Pictures, size: number) {
  for (let from = 0; from < list.length; from += size) {
    const some = list.slice(from, from + size);
    const data = new Uint8Array(some.length * width * height * 3);
    for (const [index, picture] of some.entries()) data.set(picture, index * width * height * 3);
    yield { [PICTURES]: { data, shape: [some.length, height, width, 3] } };
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
