import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";
import { withPlace } from "./place.ts";
import { windowPayload } from "./windows.ts";

/** A school at its normal rate: a window every ten seconds from each room, through one recorder into InfluxDB. */
const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
  },
});
const rooms = Number(values.rooms);
const seconds = Number(values.seconds);
const EVERY_SECONDS = 10;

const share = await withPlace(async (place) => {
  const broker = await place.mosquitto();
  const influx = await place.influx();
  const recorder = await place.child({
    folder: await place.subfolder("recorder"),
    broker: broker.url,
    root: "classroom/v1/north/+",
    record: { embedded: false, influx: { version: "1", url: influx.url } },
  });
  const client = await connectAsync(broker.url);
  place.onEnd(() => client.endAsync(true));
  await sleep(2_000);
  const before = recorder.status()!.cpuMs;
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor(((performance.now() - began) / 1000) * (rooms / EVERY_SECONDS));
    for (; sent < due; sent++)
      client.publish(`classroom/v1/north/${sent % rooms}/focus`, windowPayload(Math.floor(sent / rooms)), {
        qos: 1,
      });
    await sleep(20);
  }
  const took = performance.now() - began;
  const share = (recorder.status()!.cpuMs - before) / took;
  await sleep(2_000);
  const [row] = await influx.query("SELECT count(heads) FROM focus");
  process.stdout.write(
    `${rooms} rooms, ${sent} windows in ${Math.round(took / 1000)} s, ${row?.count} in InfluxDB: ` +
      `${(share * 100).toFixed(1)} % of one core, ${Math.round(recorder.status()!.rss / 1e6)} MB\n`,
  );
  return Number(row?.count) === sent ? share : 1;
});
process.exit(share < 0.3 ? 0 : 1);
