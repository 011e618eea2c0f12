import { failure, type GatewayError } from "../../errors.ts";
import type { Frame } from "../../terms.ts";
import type { Camera, CameraContext } from "./camera.ts";
import { Latest } from "./latest.ts";
import { dyingWithUs, runProgram } from "./program.ts";
import { readRaw } from "./raw.ts";

/** A program that writes pictures of one size to its standard output, as packed RGB, for as long as the camera lives. */
export interface Stream {
  readonly program: string;
  readonly args: readonly string[];
  /** What it is given to read: what must not stand among its arguments, where every user of the machine could see it. */
  readonly input?: string;
  readonly width: number;
  readonly height: number;
  /** What its last words mean, for people, with nothing secret in it. The words are empty when it said nothing. */
  explain(words: string): GatewayError | string;
}

/**
 * Plays such a program as a live camera: pictures are read as fast as they come, and the latest wins. Resolves when the
 * program has been started, which says nothing about the camera yet: `next` rejects when the program ends, and whoever
 * waits for it decides for how long.
 */
export async function playStream(stream: Stream, { name: camera, clock }: CameraContext): Promise<Camera> {
  const { program, args, input, width, height } = stream;
  const child = runProgram(program, args, {
    dying: await dyingWithUs(),
    ...(input !== undefined && { input }),
  });
  const latest = new Latest<Frame>();
  const reading = (async () => {
    let sequence = 0;
    for await (const picture of readRaw(child.output, { width, height })) {
      latest.put({ ...picture, camera, sequence, time: clock.now() });
      sequence += 1;
    }
  })()
    .catch(() => {}) // the pipe broke because the program ended, which says why
    .then(async () => {
      const { words } = await child.ended;
      const problem = stream.explain(words);
      latest.fail(typeof problem === "string" ? failure("CAMERA_LOST", { camera, problem }) : problem);
    });
  return {
    next: () => latest.take(),
    async close() {
      latest.close();
      child.kill();
      await reading;
    },
  };
}
