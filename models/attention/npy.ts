import { writeFile } from "node:fs/promises";

/** Writes numbers as NumPy's .npy, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export async function writeNpy(file: string, values: Float32Array, shape: readonly number[]): Promise<void> {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  // The header ends in a line break and fills up to a multiple of 64 bytes with what comes before it.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const before = Buffer.alloc(10 + length, " ");
  before.write("\x93NUMPY\x01\x00", "latin1");
  before.writeUInt16LE(length, 8);
  before.write(header, 10, "latin1");
  before[before.length - 1] = 10;
  await writeFile(
    file,
    Buffer.concat([before, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]),
  );
}
