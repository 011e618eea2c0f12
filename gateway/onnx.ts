import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import type { Engine } from "./terms.ts";

/** Numbers with a shape, as networks take them. The memory stays the caller's and may be written between runs. */
export interface Numbers {
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** What a network gives, with its shape. Booleans and half floats come as bytes and words. */
export interface Answer {
  /** By ONNX Runtime's name: `float32`, `int64`, `bool`, … */
  readonly type: string;
  readonly data: Float32Array | Uint8Array | Int8Array | Uint16Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}

/** A network that is loaded. `run` blocks the thread it is called on for as long as the network takes. */
export interface Session {
  run(inputs: Readonly<Record<string, Numbers>>): Promise<Readonly<Record<string, Float32Array>>>;
  /** Like `run`, for outputs that are no floats, or whose shape has to be known. */
  observe(inputs: Readonly<Record<string, Numbers>>): Promise<Readonly<Record<string, Answer>>>;
  close(): Promise<void>;
}

/**
 * The only file that knows ONNX Runtime. Names of the execution providers this build has; whether one really runs only
 * a try can tell.
 */
export async function supportedProviders(): Promise<string[]> {
  const ort = await loadRuntime();
  return ort.listSupportedBackends().map((backend) => backend.name);
}

/**
 * Those of them whose library is there. CUDA and TensorRT come as libraries of their own beside the binding, and npm's
 * package has none of them: to find that out by trying costs a thread each.
 */
export async function installedProviders(): Promise<string[]> {
  const ort = await loadRuntime();
  const folder = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const place = path.join(folder, "bin", "napi-v6", process.platform, process.arch);
  const files = await readdir(place).catch(() => null);
  const isThere = files === null || files.some((file) => file.includes("onnxruntime_providers_shared"));
  return ort
    .listSupportedBackends()
    .filter(({ bundled }) => bundled || isThere)
    .map(({ name }) => name);
}

/** The version of ONNX Runtime, without loading it. */
export const runtimeVersion = (): string =>
  String(createRequire(import.meta.url)("onnxruntime-node/package.json").version);

/**
 * Loads a network, from a file or from memory, on one provider and on no other. Rejects with ONNX Runtime's own words
 * when that cannot be.
 * @param arena whether it keeps what a run took for the next one: for a network that is small and asked all the time.
 */
export async function openSession(
  file: string | Uint8Array,
  provider: Engine["provider"],
  threads: number,
  { arena = false }: { arena?: boolean } = {},
): Promise<Session> {
  const ort = await loadRuntime();
  const options = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // The arena never gives back what a batch of pictures once took: 70 MB for a fiftieth of the time (docs/speed.md).
    enableCpuMemArena: arena,
    enableMemPattern: false,
    // Spinning threads would keep cores busy between frames, beside a broker and a database on the same box.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  } satisfies InferenceSession.SessionOptions;
  const session =
    typeof file === "string"
      ? await ort.InferenceSession.create(file, options)
      : await ort.InferenceSession.create(file, options);
  const answer = async (inputs: Readonly<Record<string, Numbers>>) => {
    const feeds = Object.entries(inputs).map(([name, { data, shape }]) => {
      const tensor =
        data instanceof Uint8Array
          ? new ort.Tensor("uint8", data, shape)
          : new ort.Tensor("float32", data, shape);
      return [name, tensor] as const;
    });
    return Object.entries(await session.run(Object.fromEntries(feeds)));
  };
  return {
    async run(inputs) {
      const outputs = await answer(inputs);
      return Object.fromEntries(outputs.map(([name, tensor]) => [name, tensor.data as Float32Array]));
    },
    async observe(inputs) {
      const outputs = await answer(inputs);
      return Object.fromEntries(
        outputs.map(([name, { type, data, dims }]) => [
          name,
          { type, data: data as Answer["data"], shape: dims },
        ]),
      );
    },
    close: () => session.release(),
  };
}

async function loadRuntime() {
  // ONNX Runtime 1.30 for Linux reports to its makers unless told otherwise, with a device id of its own that it keeps in
  // the user's cache folder (onnxruntime/core/platform/posix/telemetry.cc). It reads this when its library is loaded.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const ort = await import("onnxruntime-node");
  // It would write to standard error by itself what it also throws; the ladder says it in one line.
  ort.env.logLevel = "fatal";
  return ort;
}
