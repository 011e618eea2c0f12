import { MESSAGE_CLASSES, type Message } from "../../terms.ts";
import { crc32c } from "./crc32c.ts";

/**
 * How one message lies on disk. Numbers are little-endian:
 *
 *   0  "FGr1"    where to look for the next whole record after a damaged one
 *   4  u32       CRC-32C of everything from byte 8 on
 *   8  u32       length of the whole record in bytes
 *  12  u64       sequence
 *  20  u8        class: the index in MESSAGE_CLASSES
 *  21  u8        1 if retained
 *  22  u16       length of the topic in bytes
 *  24  …         topic, then payload to the end, both UTF-8
 */
export interface Entry {
  readonly sequence: number;
  readonly message: Message;
}

const MAGIC = Buffer.from("FGr1");
const HEADER = 24;
const LONGEST_TOPIC = 0xffff; // [MQTT-1.5.3] a string's length is two bytes
/** Far above any message of the contract; it bounds what a damaged length can make us believe. */
export const LONGEST_RECORD = 1024 * 1024;

/** Bytes the message takes on disk. Throws RangeError when it is too long to be a record. */
export function recordLength(message: Message): number {
  const topicBytes = Buffer.byteLength(message.topic);
  const length = HEADER + topicBytes + Buffer.byteLength(message.payload);
  if (topicBytes > LONGEST_TOPIC || length > LONGEST_RECORD) {
    throw new RangeError(`a message of ${length} bytes does not fit into the spool`);
  }
  return length;
}

export function encodeRecord({ sequence, message }: Entry): Buffer {
  const topicBytes = Buffer.byteLength(message.topic);
  const length = recordLength(message);
  const bytes = Buffer.allocUnsafe(length);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(length, 8);
  bytes.writeBigUInt64LE(BigInt(sequence), 12);
  bytes.writeUInt8(MESSAGE_CLASSES.indexOf(message.kind), 20);
  bytes.writeUInt8(message.retain ? 1 : 0, 21);
  bytes.writeUInt16LE(topicBytes, 22);
  bytes.write(message.topic, HEADER);
  bytes.write(message.payload, HEADER + topicBytes);
  bytes.writeUInt32LE(crc32c(bytes, 8), 4);
  return bytes;
}

/** The record that begins at `offset` and the offset after it, or null when no whole and sound record begins there. */
export function decodeRecord(bytes: Buffer, offset: number): { entry: Entry; end: number } | null {
  if (offset + HEADER > bytes.length || bytes.compare(MAGIC, 0, 4, offset, offset + 4) !== 0) return null;
  const length = bytes.readUInt32LE(offset + 8);
  const end = offset + length;
  if (length < HEADER || length > LONGEST_RECORD || end > bytes.length) return null;
  if (bytes.readUInt32LE(offset + 4) !== crc32c(bytes, offset + 8, end)) return null;
  const payloadAt = offset + HEADER + bytes.readUInt16LE(offset + 22);
  const message: Message = {
    topic: bytes.toString("utf8", offset + HEADER, payloadAt),
    payload: bytes.toString("utf8", payloadAt, end),
    retain: bytes.readUInt8(offset + 21) === 1,
    kind: MESSAGE_CLASSES[bytes.readUInt8(offset + 20)]!,
  };
  return { entry: { sequence: Number(bytes.readBigUInt64LE(offset + 12)), message }, end };
}

export interface Decoded {
  readonly entries: readonly Entry[];
  /** The stretches of whole records, and the stretches between them that are none. */
  readonly whole: readonly Buffer[];
  readonly damaged: readonly Buffer[];
  /** Where the last whole record ends; what follows was being written when the power went. */
  readonly end: number;
}

/** Everything in `bytes` that is whole, however much of the rest is not. */
export function decodeRecords(bytes: Buffer): Decoded {
  const entries: Entry[] = [];
  const whole: Buffer[] = [];
  const damaged: Buffer[] = [];
  let stretch = 0;
  let end = 0;
  for (let at = 0; at >= 0 && at < bytes.length; ) {
    const decoded = decodeRecord(bytes, at);
    if (!decoded) {
      at = bytes.indexOf(MAGIC, at + 1);
      continue;
    }
    if (at > end) {
      if (end > stretch) whole.push(bytes.subarray(stretch, end));
      damaged.push(bytes.subarray(end, at));
      stretch = at;
    }
    entries.push(decoded.entry);
    at = end = decoded.end;
  }
  if (end > stretch) whole.push(bytes.subarray(stretch, end));
  return { entries, whole, damaged, end };
}
