import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { type Answer, openSession } from "../../../gateway/onnx.ts";
import { ROLES, type Role } from "../../../models/manifest.ts";
import { readGraph, writeGraph } from "../../../models/quantize/file.ts";
import { preparedForTests } from "../prepared.ts";
import { apart } from "./run.ts";

const prepared = await preparedForTests();
const PICTURES = 3;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const softmax = (logits: readonly number[]) => {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};
const numbersOf = (answer: Answer | undefined) => Array.from((answer as Answer).data as Float32Array);

describe.skipIf(!prepared)("a network made ready (needs the pack's files)", () => {
  const { pack } = prepared ?? {};

  /** What the maker's own file says of one picture of bytes, fed as its card tells, in the gateway's terms. */
  async function original(role: Role, rgb: Uint8Array): Promise<Record<string, number[]>> {
    const { models } = pack!;
    const { name, width, height, channels, mean, std } = models[role].input;
    const area = width * height;
    const planes = channels === "grey" ? 1 : 3;
    const data = new Float32Array(planes * area);
    for (let at = 0; at < area; at++) {
      const [red, green, blue] = rgb.subarray(at * 3, at * 3 + 3) as unknown as [number, number, number];
      const fed = planes === 1 ? [0.299 * red + 0.587 * green + 0.114 * blue] : [red, green, blue];
      for (const [plane, value] of fed.entries()) {
        data[plane * area + at] = (value - mean[plane]!) / std[plane]!;
      }
    }
    const session = await openSession(models[role].path, "cpu", 1);
    const given = await session.observe({ [name]: { data, shape: [1, planes, height, width] } });
    await session.close();
    const { detect, pose, landmarks, eyes } = models;
    if (role === "detect") {
      const scores = numbersOf(given[detect.output.scores]).filter((_, at) => at % 2 === 1);
      return { scores, boxes: numbersOf(given[detect.output.boxes]) };
    }
    if (role === "landmarks") return { points: numbersOf(given[landmarks.output.points]) };
    if (role === "eyes") return { open: [softmax(numbersOf(given[eyes.output.logits]))[eyes.output.open]!] };
    const { degreesPerBin, firstBin, yaw, pitch, roll } = pose.output;
    const angles = [yaw, pitch, roll].map(
      ({ output, sign }) =>
        sign *
        softmax(numbersOf(given[output])).reduce(
          (sum, share, bin) => sum + share * (firstBin + degreesPerBin * bin),
          0,
        ),
    );
    return { angles };
  }

  for (const role of ROLES) {
    it(`says of bytes, several pictures at once, what its maker's file says of each alone: ${role}`, async () => {
      const { path, width, height } = pack!.float32[role];
      const pictures = Uint8Array.from(
        { length: PICTURES * width * height * 3 },
        (_, at) => (at * 2_654_435_761) >>> 24,
      );
      const session = await openSession(path, "cpu", 1);
      const given = await session.observe({
        pictures: { data: pictures, shape: [PICTURES, height, width, 3] },
      });
      await session.close();
      const size = width * height * 3;
      const each = await Promise.all(
        Array.from({ length: PICTURES }, (_, at) =>
          original(role, pictures.subarray(at * size, (at + 1) * size)),
        ),
      );
      for (const output of Object.keys(each[0]!)) {
        expect(given[output]!.shape[0]).toBe(PICTURES);
        const apartBy = apart(
          numbersOf(given[output]),
          each.flatMap((one) => one[output]!),
        );
        expect(apartBy, output).toBeLessThan(1e-4);
      }
    });

    it(`is read and written without loss: ${role}`, async () => {
      const bytes = await readFile(pack!.models[role].path);
      const graph = readGraph(bytes);
      // Not `toEqual`, which takes a minute over a million weights.
      expect(isDeepStrictEqual(readGraph(writeGraph(graph)), graph)).toBe(true);
      expect(sha256(writeGraph(readGraph(writeGraph(graph))))).toBe(sha256(writeGraph(graph)));
    });
  }
});
