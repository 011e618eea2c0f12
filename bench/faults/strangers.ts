import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { until } from "../../test/support/programs.ts";
import { type Case, upTo } from "./case.ts";
import { connectPacket, lengthBytes, publishPacket } from "./packets.ts";
import type { House, Place } from "./place.ts";

/** A bare connection to the embedded broker. */
function stranger(place: Place, port: number): Socket & { over?: boolean } {
  const socket: Socket & { over?: boolean } = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.on("close", () => {
    socket.over = true;
  });
  socket.resume();
  place.onEnd(() => socket.destroy());
  return socket;
}

/** Whether the gateway still takes in, delivers and records. */
async function isWell(house: House, number: number): Promise<boolean> {
  const before = house.record.state().sinks.embedded!.written;
  await house.send(number, number + 10);
  await house.drained(40);
  return house.record.state().sinks.embedded!.written >= before + 10;
}

async function client(place: Place, url: string, options: IClientOptions): Promise<MqttClient> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options });
  connected.on("error", () => {});
  place.onEnd(() => connected.endAsync(true));
  return connected;
}

const megabytes = (before: number) => Math.round((process.memoryUsage().rss - before) / 1e6);

export const strangers: readonly Case[] = [
  {
    number: 21,
    title: "a 200 MB first packet at the embedded broker; and a 200 MB packet by somebody let in",
    expected: "hung up on at the header; memory grows by less than 60 MB; the gateway goes on",
    quick: true,
    async run(place) {
      const house = await place.house({});
      const port = house.broker!.port;
      const before = process.memoryUsage().rss;
      const first = stranger(place, port);
      first.write(Buffer.concat([Buffer.from([0x10]), lengthBytes(200e6), Buffer.alloc(1000)]));
      const second = stranger(place, port);
      second.write(connectPacket("big"));
      await once(second, "data");
      second.write(Buffer.concat([Buffer.from([0x30]), lengthBytes(200e6)]));
      const megabyte = Buffer.alloc(1_000_000);
      for (let i = 0; i < 100 && !(first.over && second.over); i++) {
        for (const one of [first, second]) if (!one.over) one.write(megabyte);
        await sleep(5);
      }
      const grown = megabytes(before);
      const ok = first.over === true && second.over === true && grown < 60 && (await isWell(house, 0));
      return { seen: `both hung up on, ${grown} MB`, lost: 0, duplicated: 0, ok };
    },
  },
  {
    number: 22,
    title: "2,000 half-open connections within two seconds",
    expected: "64 held at most; the gateway goes on; a newcomer is let in once they have timed out",
    quick: true,
    async run(place) {
      const house = await place.house({});
      const flood: ReturnType<typeof stranger>[] = [];
      for (const _ of upTo(5)) {
        // As many as the kernel queues for us.
        flood.push(...upTo(400).map(() => stranger(place, house.broker!.port)));
        await sleep(400);
      }
      const open = flood.filter(({ over }) => !over).length;
      const well = await isWell(house, 0);
      const began = performance.now();
      await until(
        async () => {
          const newcomer = stranger(place, house.broker!.port);
          newcomer.write(connectPacket("new"));
          const connack = once(newcomer, "data").then(() => true as const);
          const turnedAway = once(newcomer, "close").then(() => undefined);
          return Promise.race([connack, turnedAway]).catch(() => undefined);
        },
        20,
        "the newcomer to be let in",
      );
      const waited = Math.round((performance.now() - began) / 1000);
      const ok = open <= 64 && well && waited <= 12;
      return { seen: `${open} held, newcomer in after ${waited} s`, lost: 0, duplicated: 0, ok };
    },
  },
  {
    number: 23,
    title: "1,000 malformed packets (fuzzed, seed 1), a 101-level topic, client id __proto__",
    expected: "each hung up on or ignored; the gateway goes on",
    quick: true,
    async run(place) {
      const house = await place.house({});
      const port = house.broker!.port;
      let seed = 1;
      const random = (below: number) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return seed % below;
      };
      for (const round of upTo(50)) {
        const sockets = upTo(20).map((i) => {
          const socket = stranger(place, port);
          const packet = publishPacket("a/b", Buffer.from(upTo(random(60)).map(() => random(256))));
          packet[random(packet.length)]! ^= 1 << random(8);
          const noise = Buffer.from(upTo(1 + random(40)).map(() => random(256)));
          if (i % 4 > 0) socket.write(connectPacket(`fuzz-${round}-${i}`));
          socket.write(i % 2 ? packet : noise);
          return socket;
        });
        await sleep(30);
        for (const socket of sockets) socket.destroy();
      }
      await sleep(500);
      const inherited = await client(place, house.broker!.url, { clientId: "__proto__", clean: false });
      const heard: string[] = [];
      inherited.on("message", (topic) => void heard.push(topic));
      await inherited.subscribeAsync("__proto__/#", { qos: 1 });
      await inherited.publishAsync("__proto__/constructor", "x", { qos: 1 });
      await until(() => heard[0], 5, "its own message");
      const deep = stranger(place, port);
      deep.write(connectPacket("deep"));
      await once(deep, "data");
      deep.write(publishPacket(upTo(101).join("/"), Buffer.from("x")));
      await until(() => deep.over, 5, "the deep topic to be hung up on");
      const well = await isWell(house, 0);
      const clean = ({} as Record<string, unknown>).constructor === Object;
      return { seen: "all of them, and it goes on", lost: 0, duplicated: 0, ok: well && clean };
    },
  },
  {
    number: 24,
    title: "a second client with the gateway's own id and a wrong password",
    expected: "refused; the gateway's connection stays",
    quick: true,
    async run(place) {
      const users = [{ username: "teacher", password: "s3cret" }];
      const house = await place.house({ brokerOptions: { port: 0, users } });
      await until(() => house.publisher.state().connected || undefined, 10, "the gateway's connection");
      let drops = 0;
      house.publisher.connection.onState((state) => void (state !== "connected" && drops++));
      let refused = 0;
      for (const _ of upTo(5))
        await connectAsync(house.broker!.url, {
          clientId: "focus-gateway:north:101",
          username: "teacher",
          password: "guess",
          reconnectPeriod: 0,
        }).then(
          (intruder) => intruder.endAsync(true),
          () => {
            refused += 1;
          },
        );
      const ok = refused === 5 && drops === 0 && (await isWell(house, 0));
      return { seen: `refused ${refused} of 5, connection lost ${drops} times`, lost: 0, duplicated: 0, ok };
    },
  },
  {
    number: 25,
    title: "wildcards, will and retained messages against the access list",
    expected: "nothing beyond it is read, written, left as a will or kept",
    quick: true,
    async run(place) {
      const users = [
        { username: "wall", password: "w", read: ["classroom/v1/north/101/focus"], write: [] },
        {
          username: "tablet",
          password: "t",
          read: ["classroom/v1/north/101/#"],
          write: ["classroom/v1/north/101/set/+"],
        },
        { username: "all", password: "a" },
      ];
      const house = await place.house({ brokerOptions: { port: 0, users } });
      const url = house.broker!.url;
      const all = await client(place, url, { clientId: "all", username: "all", password: "a" });
      const heard: string[] = [];
      all.on("message", (topic) => void heard.push(topic));
      await all.subscribeAsync("#", { qos: 1 });
      await all.publishAsync("classroom/v1/south/9/focus", "secret", { qos: 1, retain: true });
      const faults: string[] = [];

      const wall = await client(place, url, { clientId: "wall", username: "wall", password: "w" });
      const seen: string[] = [];
      wall.on("message", (topic) => void seen.push(topic));
      for (const filter of ["#", "classroom/#", "+/+/+/+/focus", "classroom/v1/north/101/+", "$SYS/#"]) {
        const granted = await wall.subscribeAsync(filter, { qos: 1 }).catch(() => []);
        if (granted.some(({ qos }) => qos < 128)) faults.push(`read ${filter}`);
      }
      await wall.subscribeAsync("classroom/v1/north/101/focus", { qos: 1 });
      await house.send(0, 5);
      await until(() => (seen.length >= 5 ? true : undefined), 10, "what it may read");
      if (seen.some((topic) => topic !== "classroom/v1/north/101/focus")) faults.push("read another topic");

      const forbidden = "classroom/v1/north/101/focus";
      const count = heard.length;
      const tablet = { username: "tablet", password: "t" };
      const writer = await client(place, url, { clientId: "tablet", ...tablet });
      await writer.publishAsync("classroom/v1/north/101/set/mark", "allowed", { qos: 1 });
      const gone = new Promise<void>((resolve) => void writer.once("close", () => resolve()));
      void writer.publishAsync(forbidden, "forged", { qos: 1, retain: true }).catch(() => {});
      await gone;
      const will = { topic: forbidden, payload: Buffer.from("forged"), qos: 1 as const, retain: true };
      const dying = await client(place, url, { clientId: "dying", ...tablet, will });
      dying.stream.destroy();
      await sleep(500);
      const after = heard.slice(count);
      if (after.join() !== "classroom/v1/north/101/set/mark") faults.push(`heard ${after.join()}`);
      const late = await client(place, url, { clientId: "late", username: "all", password: "a" });
      const kept: string[] = [];
      late.on("message", (topic, payload) => void kept.push(`${topic} ${payload.toString()}`));
      await late.subscribeAsync("#", { qos: 1 });
      await sleep(300);
      if (kept.some((one) => one.includes("forged"))) faults.push("kept a forged message");
      const well = await isWell(house, 5);
      return {
        seen: faults.join("; ") || "nothing beyond it",
        lost: 0,
        duplicated: 0,
        ok: well && faults.length === 0,
      };
    },
  },
];
