import type { Answers, Network } from "./providers/network.ts";

/**
 * Asks a network about many things, in batches: `draw` fills each one's slot, `read` takes what the network says of it, by
 * the name of the output. Answers come in the order of the things. While the network runs on one batch the next is drawn,
 * and already asked for when that run ends.
 */
export async function askAll<Thing, Answer>(
  network: Network,
  things: readonly Thing[],
  draw: (thing: Thing, slot: Uint8Array) => void,
  read: (said: (output: string) => Float32Array, thing: Thing) => Answer,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const running: { readonly batch: readonly Thing[]; readonly said: Promise<Answers> }[] = [];
  const takeFirst = async () => {
    const { batch, said } = running.shift()!;
    const answered = await said;
    // The outputs were looked for when the network was loaded.
    for (const [index, thing] of batch.entries())
      answers.push(read((output) => answered(output, index)!, thing));
  };
  for (let first = 0; first < things.length; first += network.room) {
    const batch = things.slice(first, first + network.room);
    for (const [index, thing] of batch.entries()) draw(thing, network.slot(index));
    const said = network.run(batch.length);
    said.catch(() => {}); // it is thrown where it is waited for
    running.push({ batch, said });
    if (running.length === 2) await takeFirst();
  }
  while (running.length > 0) await takeFirst();
  return answers;
}
