import type { Socket } from "node:net";

/**
 * Bounds the packets of a client that has been let in. A header may announce 256 MB, and aedes would gather them in
 * memory before it looks at them; here the announcement is read as the bytes go by.
 */
export function boundPackets(socket: Socket, mostBytes: number, onTooLarge: (bytes: number) => void): void {
  const exceeds = packetMeter(mostBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk = read(size) as Buffer | null;
    if (chunk === null) return null;
    const bytes = exceeds(chunk);
    if (bytes === null) return chunk;
    onTooLarge(bytes);
    socket.destroy();
    return null;
  };
}

/** Follows a stream of MQTT packets; returns the length of the first that is longer than `mostBytes`, or null. */
export function packetMeter(mostBytes: number): (chunk: Uint8Array) => number | null {
  /** Bytes of the current packet that are still to come; in a header, where its length is being read. */
  let left = 0;
  let header: { length: number; digits: number } | null = null;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const passed = Math.min(left, chunk.length - at);
        left -= passed;
        at += passed;
      } else if (header === null) {
        header = { length: 0, digits: 0 };
        at += 1;
      } else {
        // [MQTT-2.2.3] seven bits a byte, the lowest first. A fifth byte is malformed, which aedes finds out itself.
        const byte = chunk[at]!;
        header.length += (byte & 0x7f) * 128 ** header.digits;
        header.digits += 1;
        at += 1;
        if (header.length > mostBytes) return header.length;
        if (byte < 0x80 || header.digits === 4) {
          left = header.length;
          header = null;
        }
      }
    }
    return null;
  };
}
