import { parseArgs } from "node:util";
import { startInflux } from "../../test/support/influxd.ts";
import { startMosquitto } from "../../test/support/mosquitto.ts";
import { temporaryFolder } from "../../test/support/places.ts";
import { until } from "../../test/support/programs.ts";
import { startGateway } from "./child.ts";

/** How many messages a second, `window`s or `reading`s, go from spools over a real broker through recorders into a real InfluxDB. */
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
      send: { from: 0, count: each, atOnce: 2000, kind: values.kind as "window" | "reading" },
      spool: { commitMilliseconds: 20 },
    }),
  ),
);
await Promise.all(sending.map((one) => one.up));
const first = performance.now();
const count = async () => Number((await influx.query(counting))[0]?.count ?? 0);
await until(async () => {
  const there = await count();
  process.stdout.write(`${((performance.now() - first) / 1000).toFixed(1)} s: ${there}\n`);
  await new Promise((resolve) => setTimeout(resolve, 900));
  return there >= each * publishers ? true : undefined;
}, 300);
const seconds = (performance.now() - first) / 1000;
process.stdout.write(
  `${Math.round((each * publishers) / seconds)} messages a second (start ${Math.round(first - began)} ms)\n`,
);
for (const one of [recorder, ...sending]) process.stdout.write(`${JSON.stringify(one.status())}\n`);
for (const one of [...sending, recorder]) await one.kill("SIGTERM");
await influx.stop();
await broker.stop();
