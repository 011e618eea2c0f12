import { reason } from "../../errors.ts";
import type { Clock, Sound } from "../../terms.ts";
import { backoffMs } from "../backoff.ts";
import { findFfmpeg, runFfmpeg } from "../capture/ffmpeg.ts";
import { dyingWithUs } from "../capture/program.ts";
import { openHearing, SAMPLE_RATE } from "./hearing.ts";

/** Where sound comes from. `file` plays a recording over and over. */
export interface Microphone {
  readonly name: string;
  readonly source: "alsa" | "pulse" | "file";
  readonly device: string;
  readonly everySeconds: number;
  readonly ffmpeg?: string | undefined;
}

export interface ListenContext {
  readonly clock: Clock;
  readonly heard: (sound: Sound) => void;
  /** It cannot be heard, and is tried again. Told at each attempt. */
  readonly lost: (why: string) => void;
}

/** Without a sample for so long the microphone is opened anew. */
const PATIENCE_MS = 10_000;
const STEADY_MS = 30_000;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 *   ffmpeg ──samples──▶ two numbers ──Sound──▶ heard          no sample is kept or written anywhere
 */
export function listen(
  microphone: Microphone,
  { clock, heard, lost }: ListenContext,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { name, everySeconds } = microphone;

  async function hear(): Promise<void> {
    const program = await findFfmpeg(microphone.ffmpeg);
    const ffmpeg = runFfmpeg(program, samplesOf(microphone), { dying: await dyingWithUs() });
    const end = () => ffmpeg.kill();
    stopping.signal.addEventListener("abort", end, { once: true });
    if (stopping.signal.aborted) end();
    let patience: NodeJS.Timeout | undefined;
    const wait = () => {
      clearTimeout(patience);
      patience = setTimeout(end, PATIENCE_MS);
    };
    try {
      const hearing = openHearing(everySeconds);
      let rest: Buffer = Buffer.alloc(0);
      wait();
      for await (const chunk of ffmpeg.output as AsyncIterable<Buffer>) {
        wait();
        const bytes = Buffer.concat([rest, chunk]);
        const whole = Math.floor(bytes.length / BYTES);
        rest = bytes.subarray(whole * BYTES);
        for (const one of hearing(floatsIn(bytes, whole))) {
          heard({ microphone: name, time: clock.now(), ...one });
        }
      }
      const { words } = await ffmpeg.ended;
      throw new Error(words || "no sound comes from it");
    } finally {
      clearTimeout(patience);
      stopping.signal.removeEventListener("abort", end);
      end();
      await ffmpeg.ended;
    }
  }

  const listening = (async () => {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const began = clock.elapsed();
      await hear().catch((error) => {
        if (!stopping.signal.aborted) lost(reason(error));
      });
      if (clock.elapsed() - began > STEADY_MS) attempt = 0;
      await clock.sleep(backoffMs(attempt), stopping.signal);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await listening;
    },
  };
}

/** Copied, for a pipe's bytes need not lie where floats may. */
function floatsIn(bytes: Buffer, count: number): Float32Array {
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i++) floats[i] = bytes.readFloatLE(i * BYTES);
  return floats;
}

/**
 * ffmpeg asks ALSA for two channels of 16 bits, and `hw:` gives nothing but what the microphone has, often one: `plughw:` is
 * the same with ALSA's own conversion in front. https://www.alsa-project.org/alsa-doc/alsa-lib/pcm_plugins.html
 */
function samplesOf({ source, device }: Microphone): string[] {
  const input =
    source === "file"
      ? ["-re", "-stream_loop", "-1", "-protocol_whitelist", "file", "-i", `file:${device}`]
      : ["-f", source, "-i", source === "alsa" ? device.replace(/^hw:/, "plughw:") : device];
  // The mean of two channels; else ffmpeg adds them, and one sound in both is 3 dB louder than in one.
  const mean = ["-af", "aresample=rematrix_maxval=1", "-ac", "1"];
  return [...input, "-map", "0:a:0", ...mean, "-ar", String(SAMPLE_RATE), "-f", "f32le", "pipe:1"];
}
