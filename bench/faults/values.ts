import { connectAsync } from "mqtt";
import { sensorMessage } from "../../gateway/publish/messages.ts";
import { until } from "../../test/support/programs.ts";
import { type Case, upTo } from "./case.ts";
import { ROOT, timeOf, windowPayload } from "./windows.ts";

const influxOnly = (url: string) => ({ embedded: false, influx: { version: "1", url } });
const device = { device: "co2-1", quantity: "co2", quality: "ok" } as const;

export const values: readonly Case[] = [
  {
    number: 28,
    title: "NaN, infinities, 1e308 and a wrong unit from a sensor",
    expected: "no number is made up: nothing for NaN and infinities, 1e308 as it is, the unit as it was said",
    quick: true,
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx();
      const house = await place.house({ record: influxOnly(influx.url) });
      const given: [number, string][] = [
        [Number.NaN, "[ppm]"],
        [Number.POSITIVE_INFINITY, "[ppm]"],
        [Number.NEGATIVE_INFINITY, "[ppm]"],
        [1e308, "[ppm]"],
        [21, "Cel"],
        [812, "[ppm]"],
      ];
      for (const [i, [value, unit]] of given.entries())
        await house.publisher.send(sensorMessage({ ...device, value, unit, time: timeOf(i) }));
      // Somebody else's JSON may say numbers that are none.
      const other = await connectAsync(house.broker!.url);
      place.onEnd(() => other.endAsync(true));
      for (const value of ["NaN", "1e999", '"812"'])
        await other.publishAsync(
          `${ROOT}/sensor/co2-1/co2`,
          `{"time":"${new Date(timeOf(100)).toISOString()}","value":${value},"unit":"[ppm]","quality":"ok"}`,
          { qos: 1 },
        );
      await house.drained();
      const rows = await influx.query("SELECT value, quality, unit FROM environment ORDER BY time");
      const seen = rows.map(({ value, unit }) => `${value}${unit === "[ppm]" ? "" : ` ${unit}`}`).join(", ");
      const refused = Object.values(house.record.state().refused).reduce((sum, count) => sum + count, 0);
      const ok = seen === "null, null, null, 1e+308, 21 Cel, 812" && refused === 3;
      return { seen: `${seen}; ${refused} refused`, lost: 0, duplicated: 0, ok };
    },
  },
  {
    number: 29,
    title: "invalid UTF-8, a 1 MB field, line-protocol injection in names and values",
    expected: "refused and counted; no measurement, tag or row that was not meant",
    quick: true,
    needs: ["mosquitto", "influxd"],
    async run(place) {
      const influx = await place.influx();
      const broker = await place.mosquitto();
      const house = await place.house({ broker: broker.url, record: influxOnly(influx.url) });
      const other = await connectAsync(broker.url);
      place.onEnd(() => other.endAsync(true));
      const say = (rest: string, payload: string | Buffer) =>
        other.publishAsync(`${ROOT}/${rest}`, payload, { qos: 1 });
      const time = new Date(timeOf(0)).toISOString();
      const reading = (more: object) => JSON.stringify({ time, value: 1, unit: "1", quality: "ok", ...more });
      await say("focus", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
      await say("focus", windowPayload(0).replace("Maths", "x".repeat(1_000_000)));
      await say("sensor/a,room=9 value=1 1\\/q", reading({}));
      await say("sensor/d/q", reading({ unit: "1\nevil,site=x value=1" }));
      await say("sensor/a b,c=d/e f", reading({}));
      await say("event/mark", JSON.stringify({ time, kind: "mark", text: 'a" evil=1\nevil value=1 \\' }));
      await say(
        "event/mark",
        JSON.stringify({ time, kind: "mark", "evil value=1\nevil": 1, __proto__: { x: 1 } }),
      );
      await house.send(1, 11);
      await house.drained();
      await until(async () =>
        (await influx.query("SELECT heads FROM focus")).length === 10 ? true : undefined,
      );
      const measurements = (await influx.query("SHOW MEASUREMENTS")).map(({ name }) => String(name)).sort();
      const tags = [
        ...new Set((await influx.query("SHOW TAG KEYS")).map(({ tagKey }) => String(tagKey))),
      ].sort();
      const [odd] = await influx.query("SELECT device, quantity, value FROM environment");
      const [mark] = await influx.query("SELECT text FROM event");
      const refused = Object.values(house.record.state().refused).reduce((sum, count) => sum + count, 0);
      const allowed = ["activity", "device", "kind", "model", "provider", "quantity", "room", "site", "unit"];
      const ok =
        measurements.join() === "environment,event,focus" &&
        tags.every((tag) => allowed.includes(tag)) &&
        refused === 4 &&
        odd?.device === "a b,c=d" &&
        odd.value === 1 &&
        String(mark?.text).startsWith('a" evil=1');
      return {
        seen: `${refused} refused; measurements ${measurements.join(", ")}`,
        lost: 0,
        duplicated: 0,
        ok,
      };
    },
  },
  {
    number: 30,
    title: "a flood of 5,000 new sensor ids",
    expected: "500 of them kept, the rest refused and counted; known sensors go on",
    quick: true,
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx();
      const house = await place.house({ record: influxOnly(influx.url) });
      const send = (name: string, number: number) =>
        house.publisher.send(
          sensorMessage({ ...device, device: name, value: number, unit: "[ppm]", time: timeOf(number) }),
        );
      await send("known", 0);
      await house.drained();
      for (let at = 0; at < 5_000; at += 500)
        await Promise.all(upTo(500, at).map((n) => send(`flood-${n}`, n)));
      await send("known", 1);
      await house.drained();
      const [series] = await influx.query("SHOW SERIES EXACT CARDINALITY FROM environment");
      const known = (await influx.query("SELECT value FROM environment WHERE device = 'known'")).length;
      const refused = Object.values(house.record.state().refused).reduce((sum, count) => sum + count, 0);
      const kept = Number(series?.count);
      const ok = kept === 500 && known === 2 && refused === 5_001 - 500;
      return { seen: `${kept} series, ${refused} refused`, lost: 0, duplicated: 0, ok };
    },
  },
];
