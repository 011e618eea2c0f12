import { systemClock } from "../../../gateway/clock.ts";
import { createLogger } from "../../../gateway/log.ts";
import { openPublisher } from "../../../gateway/publish/publisher.ts";

/** Sends `count` numbered messages from `first` on and says which are safe on disk; then stays. */
const [url, folder, first, count] = process.argv.slice(2) as [string, string, string, string];
const context = { log: createLogger("error", false), clock: systemClock };
const publisher = await openPublisher(
  { root: "classroom/v1/demo/room-1", mqtt: { url }, spool: { folder, commitMilliseconds: 5 } },
  context,
);
for (let n = Number(first); n < Number(first) + Number(count); n++) {
  await publisher.send({ topic: "focus", payload: String(n), retain: false, kind: "focus" });
  process.stdout.write(`${n}\n`);
}
setInterval(() => {}, 1000);
