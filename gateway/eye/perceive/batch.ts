import type { Answers, Network } from "./providers/network.ts";

/**
 * Asks a network about many things, as many at a time as it has room for: `draw` fills each one's slot, `read` takes what
 * the network says of it, by the name of the output. Answers come in the order of the things. While the network runs on
 * one batch, the next is drawn.
 */
export async function askAll<Thing, Answer>(
  network: Network,
  things: readonly Thing[],
  draw: (thing: Thing, slot: Uint8Array) => void,
  read: (said: (output: string) => Float32Array, thing: Thing) => Answer,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const take = (batch: readonly Thing[], said: Answers) => {
    // The outputs were looked for when the network was loaded.
    for (const [index, thing] of batch.entries()) answers.push(read((output) => said(output, index)!, thing));
  };
  let running: { readonly batch: readonly Thing[]; readonly said: Promise<Answers> } | null = null;
  for (let first = 0; first < things.length; first += network.room) {
    const batch = things.slice(first, first + network.room);
    for (const [index, thing] of batch.entries()) draw(thing, network.slot(index));
    const before = running && { batch: running.batch, said: await running.said };
    running = { batch, said: network.run(batch.length) };
    running.said.catch(() => {}); // it is thrown where it is waited for
    if (before) take(before.batch, before.said);
  }
  if (running) take(running.batch, await running.said);
  return answers;
}
