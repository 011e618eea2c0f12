import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startInflux } from "../../test/support/influxd.ts";
import { startMosquitto } from "../../test/support/mosquitto.ts";
import { temporaryFolder } from "../../test/support/places.ts";
import { until } from "../../test/support/programs.ts";
import { startGateway } from "./child.ts";

/**
 * How many messages a second, `window`s or `reading`s, go from spools over a real broker through a recorder into a real
 * InfluxDB, and how much processor time each of the four takes for a message: that is what a busy machine does not blur.
 */
const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "100000" },
    kind: { type: "string", default: "window" },
    publishers: { type: "string", default: "1" },
  },
});
const counting =
  values.kind === "reading" ? "SELECT count(value) FROM environment" : "SELECT count(heads) FROM focus";
const messages = Number(values.messages);
const publishers = Number(values.publishers);
// A subscriber may have more than Mosquitto's 20 unacknowledged, or the recorder's syncs set the pace.
const broker = await startMosquitto({ extra: ["max_queued_messages 0", "max_inflight_messages 1000"] });
const influx = await startInflux();
const record = { embedded: false, influx: { version: "1", url: influx.url } } as const;
const recorder = await startGateway({
  folder: await temporaryFolder(),
  broker: broker.url,
  root: "classroom/v1/north/+",
  record,
});
await recorder.up;

const began = performance.now();
const each = Math.floor(messages / publishers);
const sending = await Promise.all(
  Array.from({ length: publishers }, async (_, room) =>
    startGateway({
      folder: await temporaryFolder(),
      broker: broker.url,
      root: `classroom/v1/north/${room}`,
      send: { from: 0, count: each, atOnce: 2000, kind: values.kind as "window" | "reading", silent: true },
      spool: { commitMilliseconds: 20 },
    }),
  ),
);
await Promise.all(sending.map((one) => one.up));
const first = performance.now();
const processes = {
  publishers: sending.map((one) => one.process.pid!),
  broker: [broker.pid],
  recorder: [recorder.process.pid!],
  InfluxDB: [influx.pid],
};
const spentBefore = spent();
// The recorder is asked how far it is, and the database only at the end: counting keeps it busy.
await until(
  () => (recorder.status()!.record!.sinks.influx!.written >= each * publishers ? true : undefined),
  300,
);
const seconds = (performance.now() - first) / 1000;
const spentAfter = spent();
const there = Number((await influx.query(counting))[0]?.count ?? 0);
if (there !== each * publishers) throw new Error(`${there} of ${each * publishers} are in InfluxDB`);
process.stdout.write(
  `${Math.round((each * publishers) / seconds)} messages a second (start ${Math.round(first - began)} ms)\n`,
);
for (const [name, ms] of Object.entries(spentAfter))
  process.stdout.write(
    `${name.padEnd(10)} ${(((ms - spentBefore[name]!) * 1000) / (each * publishers)).toFixed(1)} µs a message\n`,
  );
for (const one of [recorder, ...sending])
  process.stdout.write(
    `${Math.round(one.status()!.rss / 1e6)} MB ${JSON.stringify(one.status()!.record ?? "")}\n`,
  );
for (const one of [...sending, recorder]) await one.kill("SIGTERM");
await influx.stop();
await broker.stop();

/** Processor time so far, in milliseconds, threads included. */
function spent(): Record<string, number> {
  const one = (pid: number) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(user) + Number(system)) * 10; // proc(5): in ticks, of which Linux tells 100 a second
  };
  return Object.fromEntries(
    Object.entries(processes).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + one(pid), 0)]),
  );
}
