import { systemClock } from "../../../gateway/clock.ts";
import { createLogger } from "../../../gateway/log.ts";
import { openSpool } from "../../../gateway/publish/spool/spool.ts";
import { MESSAGE_CLASSES } from "../../../gateway/terms.ts";

/** Appends as fast as it can, delivers some of it to nobody, and says what it was promised: `a 17` and `d 12`. */
const [folder, first] = process.argv.slice(2) as [string, string];
const context = { log: createLogger("error", false), clock: systemClock };
const spool = await openSpool({ folder, commitMilliseconds: 1, segmentBytes: 20_000 }, context);
const say = (line: string) => process.stdout.write(`${line}\n`);

for (let n = Number(first); ; ) {
  const names = Array.from({ length: 20 }, () => n++);
  await Promise.all(
    names.map(async (name) => {
      const kind = MESSAGE_CLASSES[name % 4]!;
      await spool.append({ topic: "t", payload: `${name} ${"x".repeat(100)}`, retain: false, kind });
      say(`a ${name}`);
    }),
  );
  const taken = await spool.take(8);
  for (const { message } of taken) say(`d ${message.payload.split(" ")[0]}`);
  if (taken.length > 0) spool.acknowledge(taken.at(-1)!.sequence);
}
