import type { Socket } from "node:net";

/**
 * Reads a connection's first packet before any MQTT library sees it, and puts it back for the one that will.
 *
 * A stranger needs no password to send a CONNECT, and its header may announce 256 MB, which aedes would gather in
 * memory: one packet of 200 MB raised it by 215 MB.
 */
const CONNECT = 0x10;
/** Client id, user, password and a will; the contract's own is under 200 bytes. */
const MOST_BYTES = 16 * 1024;
const PATIENCE_MS = 10_000;

/** Resolves to null once a whole CONNECT of bearable size is there to be read, or to what is wrong with it. */
export function awaitFirstPacket(socket: Socket, patienceMs = PATIENCE_MS): Promise<string | null> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => done("no CONNECT in time"), patienceMs);

    function look(): void {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
        bytes = Buffer.concat([bytes, chunk]);
      const verdict = judge(bytes);
      if (verdict === "incomplete") return;
      if (verdict === "complete") socket.unshift(bytes);
      done(verdict === "complete" ? null : verdict);
    }
    function gone(): void {
      done("it hung up");
    }
    function done(result: string | null): void {
      clearTimeout(timer);
      socket.off("readable", look).off("close", gone).off("end", gone);
      resolve(result);
    }
    socket.on("readable", look).on("close", gone).on("end", gone);
  });
}

function judge(bytes: Buffer): "complete" | "incomplete" | string {
  if (bytes.length === 0) return "incomplete";
  if (bytes[0] !== CONNECT) return "the first packet is no CONNECT"; // [MQTT-3.1.0-1]
  // [MQTT-2.2.3] the remaining length: seven bits a byte, the lowest first, four bytes at most.
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = bytes[i];
    if (byte === undefined) return "incomplete";
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (length > MOST_BYTES) return `a CONNECT of ${length} bytes or more`;
    if (byte < 0x80) return bytes.length >= i + 1 + length ? "complete" : "incomplete";
  }
  return "a malformed length";
}
