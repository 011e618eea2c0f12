import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/places.ts";
import { until } from "../../test/support/programs.ts";
import { type Case, numbersIn, tally, upTo } from "./case.ts";
import { connectPacket, subscribePacket } from "./packets.ts";
import { ROOT } from "./windows.ts";

const influxOnly = (url: string) => ({ embedded: false, influx: { version: "1", url } });

export const brokers: readonly Case[] = [
  {
    number: 18,
    title: "broker restarted 50 times under load",
    expected: "every message in InfluxDB, once",
    needs: ["mosquitto", "influxd"],
    async run(place) {
      const influx = await place.influx();
      const folder = await place.subfolder("broker");
      const port = await freePort();
      let broker = await place.mosquitto({ folder, port });
      const house = await place.house({ broker: broker.url, record: influxOnly(influx.url) });
      await house.send(0, 10);
      await house.drained();
      let sent = 10;
      for (const _ of upTo(50)) {
        await broker.stop("SIGTERM");
        await house.send(sent, sent + 40);
        broker = await place.mosquitto({ folder, port });
        await house.send(sent + 40, sent + 80);
        sent += 80;
        await sleep(200);
      }
      await house.drained(120);
      const { lost, duplicated } = tally(upTo(sent), await numbersIn(influx));
      return { seen: `${sent} messages`, lost, duplicated, ok: lost === 0 && duplicated === 0 };
    },
  },
  {
    number: 19,
    title: "70,000 messages while the broker is away, the gateway killed in the middle of them",
    expected: "all that were taken in reach a subscriber in order, and InfluxDB once",
    needs: ["mosquitto", "influxd"],
    async run(place) {
      const influx = await place.influx();
      const port = await freePort();
      const url = `mqtt://127.0.0.1:${port}`;
      const folder = await place.subfolder("gateway");
      const order = { folder, broker: url, record: influxOnly(influx.url) as never };
      const half = 35_000;
      const first = await place.child({ ...order, send: { from: 0, count: 2 * half, atOnce: 1_000 } });
      await until(() => (first.taken.length >= half ? true : undefined), 60, "the first half to be taken in");
      await first.kill();
      const next = first.taken.length;
      const second = await place.child({
        ...order,
        send: { from: next, count: 2 * half - next, atOnce: 1_000 },
      });
      await until(
        () => (first.taken.length + second.taken.length >= 2 * half ? true : undefined),
        60,
        "the second half",
      );
      const spoolDepth = () => second.status()!.publisher!.spoolDepth;
      await until(() => (spoolDepth() >= 2 * half ? true : undefined), 20, "the second half to be counted");
      const waiting = spoolDepth();
      const began = performance.now();
      await place.mosquitto({ port });
      const { connectAsync } = await import("mqtt");
      const listener = await connectAsync(url, { clientId: "listener" });
      place.onEnd(() => listener.endAsync(true));
      const heard = new Set<number>();
      let highest = -1;
      let backwards = 0;
      listener.on("message", (_topic, payload) => {
        const { heads } = JSON.parse(payload.toString()) as { heads: number };
        if (heads < highest && !heard.has(heads)) backwards += 1;
        heard.add(heads);
        highest = Math.max(highest, heads);
      });
      await listener.subscribeAsync(`${ROOT}/focus`, { qos: 1 });
      await until(
        () => (second.status()!.record!.sinks.influx!.written >= 2 * half ? true : undefined),
        150,
        "all of them to be written",
      );
      const seconds = Math.round((performance.now() - began) / 1000);
      const { lost, duplicated } = tally(upTo(2 * half), await numbersIn(influx));
      return {
        seen: `killed after ${next}; ${waiting} waited on disk, through in ${seconds} s, ${backwards} out of order`,
        lost,
        duplicated,
        ok: lost + duplicated + backwards === 0 && waiting >= 2 * half,
      };
    },
  },
  {
    number: 20,
    title: "a subscriber of the embedded broker that never reads, 20,000 messages",
    expected: "memory bounded, everybody else is served, all in InfluxDB",
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx();
      const port = await freePort();
      const record = influxOnly(influx.url) as never;
      const folder = await place.subfolder("gateway");
      const first = await place.child({ folder, brokerPort: port, record, send: { from: 0, count: 100 } });
      const deaf = connect(port, "127.0.0.1");
      place.onEnd(() => deaf.destroy());
      deaf.on("error", () => {});
      deaf.write(connectPacket("deaf"));
      deaf.pause();
      await sleep(300);
      deaf.write(subscribePacket("#"));
      await sleep(300);
      const before = first.status()!.rss;
      const { connectAsync } = await import("mqtt");
      const { windowPayload, ROOT } = await import("./windows.ts");
      const other = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: "other" });
      place.onEnd(() => other.endAsync(true));
      const began = performance.now();
      let most = 0;
      for (let at = 100; at < 20_100; at += 500) {
        await Promise.all(
          upTo(500, at).map((n) => other.publishAsync(`${ROOT}/focus`, windowPayload(n), { qos: 1 })),
        );
        most = Math.max(most, first.status()!.rss);
      }
      const seconds = (performance.now() - began) / 1000;
      await until(
        async () => ((await numbersIn(influx)).length >= 20_100 ? true : undefined),
        60,
        "all of them",
      );
      const grown = Math.round((most - before) / 1e6);
      const { lost, duplicated } = tally(upTo(20_100), await numbersIn(influx));
      return {
        seen: `memory grew by ${grown} MB, ${seconds.toFixed(0)} s`,
        lost,
        duplicated,
        ok: lost === 0 && duplicated === 0 && grown < 150 && seconds < 60,
      };
    },
  },
];
