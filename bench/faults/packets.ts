/** MQTT 3.1.1 packets as bytes, for clients that behave as no library would. */

const text = (value: string) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

/** [MQTT-2.2.3] the remaining length: seven bits a byte. */
export function lengthBytes(length: number): Buffer {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    if (rest < 128) return Buffer.from(bytes);
  }
}

const packet = (type: number, body: Buffer) =>
  Buffer.concat([Buffer.from([type]), lengthBytes(body.length), body]);

export function connectPacket(clientId: string, login?: { username: string; password: string }): Buffer {
  const flags = 0x02 | (login ? 0xc0 : 0);
  const rest = login ? [text(login.username), text(login.password)] : [];
  return packet(0x10, Buffer.concat([text("MQTT"), Buffer.from([4, flags, 0, 60]), text(clientId), ...rest]));
}

export const subscribePacket = (filter: string) =>
  packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([1])]));

export const publishPacket = (topic: string, payload: Buffer, id = 1) =>
  packet(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 0xff]), payload]));
