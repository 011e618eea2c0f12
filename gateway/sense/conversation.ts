import type { Clock } from "../terms.ts";
import { openPort, type PortOptions } from "./port.ts";

/** Question and answer over a serial port, one question at a time. */
export interface Conversation {
  /** False once the port is gone, or closed. */
  readonly alive: boolean;
  /**
   * What `find` makes of what has come in since the question, as soon as that is not null. Noise is answered with the
   * same question once more. Rejects when there is no answer, and when the port is gone or closed.
   */
  ask<T>(question: Buffer, find: (heard: Buffer) => T | null): Promise<T>;
  close(): Promise<void>;
}

export interface ConversationOptions extends PortOptions {
  /** So long an answer may take. */
  readonly answerMs: number;
}

/** More noise than this before an answer, and only its end is kept. */
const MOST_HEARD = 512;

/** Opens the port for this program alone. Rejects with the system's own error. */
export async function converse(
  { answerMs, ...options }: ConversationOptions,
  clock: Clock,
): Promise<Conversation> {
  let heard: Buffer = Buffer.alloc(0);
  let wake = () => {};
  let gone: string | null = null;
  const port = await openPort(options, {
    heard(more) {
      heard = Buffer.concat([heard, more]).subarray(-MOST_HEARD);
      wake();
    },
    lost(why) {
      gone = why;
      wake();
    },
  });

  /** Resolves when something has come in or happened, or after that time. */
  async function listen(ms: number): Promise<void> {
    const waiting = new AbortController();
    wake = () => waiting.abort();
    await clock.sleep(ms, waiting.signal);
  }

  /** Null when what came makes no sense. */
  async function tryOnce<T>(question: Buffer, find: (heard: Buffer) => T | null): Promise<T | null> {
    // What has come too late, or unasked, is no answer to this question.
    heard = Buffer.alloc(0);
    port.write(question);
    const until = clock.elapsed() + answerMs;
    for (;;) {
      if (gone !== null) throw new Error(gone);
      const found = find(heard);
      if (found !== null) return found;
      const left = until - clock.elapsed();
      if (left <= 0) break;
      // Noise or not, it has its time: one that is asked again while it prepares its answer gives two of them, and the second
      // would be taken for the next question's.
      await listen(left);
    }
    // Some adapters for two wires hear themselves: that is no noise.
    if (heard.equals(question.subarray(0, heard.length))) throw new Error("no answer");
    return null;
  }

  return {
    get alive() {
      return gone === null;
    },
    async ask(question, find) {
      const answer = (await tryOnce(question, find)) ?? (await tryOnce(question, find));
      if (answer === null) throw new Error("no answer that makes sense");
      return answer;
    },
    async close() {
      gone ??= "closed";
      wake();
      await port.close();
    },
  };
}
