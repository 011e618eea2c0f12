import { connectAsync } from "mqtt";

/** What the gateway says of itself over MQTT, gathered. */
export interface Heard {
  /** Windows of the room, by quality. */
  readonly windows: Record<string, number>;
  /** Windows that did not come when they were due. */
  missing: number;
  /** Readings, by sensor and quality. */
  readonly readings: Record<string, Record<string, number>>;
  /** What stood last in `gateway/health`. */
  health: HealthPayload | null;
}

export interface HealthPayload {
  readonly frame_age_s: number | null;
  readonly frames_per_second: number | null;
  readonly spool_depth: number;
  readonly dropped: number;
  readonly cameras: Record<string, string>;
  readonly sensors: Record<string, string>;
}

/** Follows a room on its broker. */
export async function hear(url: string, root: string): Promise<{ heard: Heard; close(): Promise<void> }> {
  const heard: Heard = { windows: {}, missing: 0, readings: {}, health: null };
  let last: number | null = null;
  const client = await connectAsync(url);
  client.on("message", (topic, bytes) => {
    const payload = JSON.parse(bytes.toString());
    const [kind, ...rest] = topic.slice(root.length + 1).split("/");
    if (kind === "focus") {
      heard.windows[payload.quality] = (heard.windows[payload.quality] ?? 0) + 1;
      const time = Date.parse(payload.time);
      if (last !== null)
        heard.missing += Math.max(0, Math.round((time - last) / 1000 / payload.window_s) - 1);
      last = time;
    } else if (kind === "sensor") {
      const device = rest[0]!;
      heard.readings[device] ??= {};
      const counts = heard.readings[device];
      counts[payload.quality] = (counts[payload.quality] ?? 0) + 1;
    } else if (kind === "gateway") heard.health = payload;
  });
  await client.subscribeAsync([`${root}/focus`, `${root}/sensor/#`, `${root}/gateway/health`], { qos: 1 });
  return { heard, close: () => client.endAsync(true) };
}
