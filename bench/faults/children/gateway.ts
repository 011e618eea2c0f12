import path from "node:path";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { createLogger } from "../../../gateway/log.ts";
import { brokerOptions } from "../../../gateway/publish/broker.ts";
import { openBroker, openPublisher } from "../../../gateway/publish/publish.ts";
import { openRecord, recordOptions } from "../../../gateway/record/record.ts";
import { type Order, ROOT, readingMessage, windowMessage } from "../windows.ts";

/**
 * A gateway without an eye, put together as `gateway/gateway.ts` does it, to be ended as a power cut would. It sends
 * numbered windows and says `a 17` once it has taken in number 17, `d 17` once the broker has all up to there, and
 * `s {…}` each half second: how its parts do.
 */
const order = JSON.parse(process.argv[2]!) as Order;
const context = { log: createLogger(order.logLevel ?? "error", false), clock };
const say = (line: string) => process.stdout.write(`${line}\n`);

const broker = order.broker
  ? null
  : await openBroker(brokerOptions.parse({ port: order.brokerPort ?? 0 }), context.log);
const mqtt = { ...broker?.login, url: order.broker ?? broker!.url };
const record = order.record
  ? await openRecord(recordOptions.parse(order.record), {
      mqtt: { ...mqtt, clientId: `recorder-${order.name ?? ""}` },
      root: order.root ?? ROOT,
      dataFolder: order.folder,
      ...context,
    })
  : null;
const publisher = order.send
  ? await openPublisher(
      {
        root: order.root ?? ROOT,
        mqtt,
        spool: { folder: path.join(order.folder, "spool"), ...order.spool },
        ...(record && { isHeard: () => record.state().listening }),
      },
      context,
    )
  : null;
say("up");

const status = setInterval(
  () => {
    if (order.cleanUp) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const cpuMs = (process.cpuUsage().user + process.cpuUsage().system) / 1000;
    say(
      `s ${JSON.stringify({ rss, heapUsed, external, cpuMs, publisher: publisher?.state(), record: record?.state() })}`,
    );
  },
  order.cleanUp ? 5_000 : 250,
);

if (publisher && order.send) {
  const { from, count, atOnce = 100, perSecond, silent = false } = order.send;
  for (let n = from; n < from + count; n += atOnce) {
    const began = clock.elapsed();
    const batch = Array.from({ length: Math.min(atOnce, from + count - n) }, (_, i) => n + i);
    await Promise.all(
      batch.map(async (number) => {
        await publisher.send(order.send?.kind === "reading" ? readingMessage(number) : windowMessage(number));
        if (!silent) say(`a ${number}`);
      }),
    );
    if (perSecond) await clock.sleep((atOnce / perSecond) * 1000 - (clock.elapsed() - began));
  }
}

process.on("SIGTERM", async () => {
  clearInterval(status);
  await publisher?.close();
  await record?.close();
  await broker?.close();
  process.exit(0);
});
