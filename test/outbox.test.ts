import { connectAsync } from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { openOutbox, publishPacket } from "../gateway/outbox.ts";
import { hasMosquitto, startMosquitto } from "./support/mosquitto.ts";
import { until } from "./support/programs.ts";

/** Each a byte before or after the length's length grows [MQTT-2.2.3]; 10 bytes are topic and packet id. */
const LENGTHS = [0, 1, 117, 118, 119, 16_373, 16_374, 2_097_141, 2_097_142];

test.skipIf(!hasMosquitto)(
  "a broker understands packets of every length (skipped without mosquitto)",
  async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.stop());
    const client = await connectAsync(broker.url);
    onTestFinished(() => client.endAsync(true));
    const received: [string, number, boolean][] = [];
    client.on("message", (topic, payload) => {
      received.push([topic, payload.length, payload.equals(Buffer.from("ä".repeat(payload.length / 2)))]);
    });
    await client.subscribeAsync("Süd/1", { qos: 1 });
    let id = 0;
    const outbox = openOutbox({ nextId: () => ++id, write: (bytes) => void client.stream.write(bytes) });
    client.on("packetreceive", ({ cmd, messageId }) => cmd === "puback" && outbox.acknowledged(messageId!));
    const even = LENGTHS.map((length) => length - (length % 2));
    await Promise.all(even.map((length) => outbox.send("Süd/1", "ä".repeat(length / 2), false)));
    await until(() => received.length === LENGTHS.length || undefined);
    expect(received).toEqual(even.map((length) => ["Süd/1", length, true]));
    expect(outbox.waiting).toBe(0);
  },
);

test("all of a turn goes out in one write, and what had no PUBACK is rejected at the end", async () => {
  const writes: Buffer[] = [];
  let id = 0;
  const outbox = openOutbox({ nextId: () => ++id, write: (bytes) => void writes.push(bytes) });
  const [first, second] = [outbox.send("a", "1", false), outbox.send("b", "2", true)];
  await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toEqual([
    Buffer.concat([publishPacket("a", "1", 1, false), publishPacket("b", "2", 2, true)]),
  ]);
  outbox.acknowledged(1);
  outbox.acknowledged(99); // a PUBACK that nobody waits for
  await first;
  outbox.close(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  await expect(outbox.send("x".repeat(70_000), "", false)).rejects.toThrow(RangeError);
});
