import type { Report } from "../sensor.ts";

/** What a kind of hub or firmware says over MQTT about one device. */
export interface Adapter {
  /** Topic filters: the first is where it measures, without the others less is known of it. */
  readonly topics: readonly [string, ...string[]];
  /** What a message says; null when it is not about measurements. Whatever comes in, it never throws. */
  read(topic: string, text: string, retained?: boolean): Report | null | Promise<Report | null>;
}

/** `online` and `offline` as hubs and last wills say it; null for anything else. */
export function presence(text: string, who: string): Report | null {
  const [, inJson, bare] =
    /^\s*(?:\{\s*"state"\s*:\s*"(online|offline)"\s*\}|(online|offline))\s*$/i.exec(text) ?? [];
  const state = (inJson ?? bare)?.toLowerCase();
  if (state === undefined) return null;
  if (state === "online") return { measurements: [] };
  return { measurements: [], away: { state: "lost", why: `${who} says that it is offline` } };
}
