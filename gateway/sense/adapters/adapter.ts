import type { Report } from "../sensor.ts";

/** What a kind of hub or firmware says over MQTT about one device. */
export interface Adapter {
  /** Topic filters. */
  readonly topics: readonly string[];
  /** What a message says; null when it is not about measurements. Whatever comes in, it never throws. */
  read(topic: string, text: string): Report | null | Promise<Report | null>;
}

/** `online` and `offline` as hubs and last wills say it; null for anything else. */
export function presence(text: string, who: string): Report | null {
  if (/^\s*(\{\s*"state"\s*:\s*"offline"\s*\}|offline)\s*$/i.test(text))
    return { measurements: [], away: { state: "lost", why: `${who} says that it is offline` } };
  return null;
}
