/**
 * What goes out over one connection at QoS 1: all of a turn in one write, and each message's promise kept until its
 * PUBACK. mqtt.js would write each message in six pieces and store it besides, at three times the work.
 */
export interface Outbox {
  /** Messages sent and not acknowledged. */
  readonly waiting: number;
  /** Resolves on PUBACK; rejects when the connection ends before it. */
  send(topic: string, payload: string, retain: boolean): Promise<void>;
  acknowledged(id: number): void;
  /** The connection has ended, and with this problem all that waits. */
  close(problem: Error): void;
}

export interface OutboxOptions {
  /** A packet id; those of other packets on the connection come from there too. */
  readonly nextId: () => number;
  readonly write: (bytes: Buffer) => void;
}

export function openOutbox({ nextId, write }: OutboxOptions): Outbox {
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let packets: Buffer[] = [];

  function flush(): void {
    if (packets.length > 0) write(Buffer.concat(packets));
    packets = [];
  }

  return {
    get waiting() {
      return waiting.size;
    },
    send(topic, payload, retain) {
      return new Promise((resolve, reject) => {
        const id = nextId();
        if (waiting.has(id)) return reject(new Error("65,535 messages wait for their PUBACK"));
        const packet = publishPacket(topic, payload, id, retain);
        waiting.set(id, { resolve, reject });
        if (packets.push(packet) === 1) setImmediate(flush);
      });
    },
    acknowledged(id) {
      waiting.get(id)?.resolve();
      waiting.delete(id);
    },
    close(problem) {
      packets = [];
      for (const { reject } of waiting.values()) reject(problem);
      waiting.clear();
    },
  };
}

const PUBLISH_AT_QOS_1 = 0x32; // [MQTT-3.3.1]
const RETAIN = 0x01;

/** A PUBLISH [MQTT-3.3]. Throws RangeError when topic or whole are longer than a packet can be. */
export function publishPacket(topic: string, payload: string, id: number, retain: boolean): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + 2 + Buffer.byteLength(payload);
  if (topicBytes > 0xffff || remaining > 0x0f_ff_ff_ff)
    throw new RangeError(`a message of ${remaining} bytes is longer than MQTT allows`);
  const length = remainingLength(remaining);
  const bytes = Buffer.allocUnsafe(1 + length.length + remaining);
  let at = bytes.writeUInt8(PUBLISH_AT_QOS_1 | (retain ? RETAIN : 0), 0);
  for (const byte of length) at = bytes.writeUInt8(byte, at);
  at = bytes.writeUInt16BE(topicBytes, at);
  at += bytes.write(topic, at);
  at = bytes.writeUInt16BE(id, at);
  bytes.write(payload, at);
  return bytes;
}

/** [MQTT-2.2.3] seven bits a byte, the lowest first; the eighth says that more follow. */
function remainingLength(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...remainingLength(value >> 7)];
}
