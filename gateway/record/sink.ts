/** A row on its way to a database: the contract's measurement, tags and fields. */
export interface Point {
  readonly measurement: "focus" | "zone_focus" | "environment" | "event" | "gateway_health";
  readonly tags: Readonly<Record<string, string>>;
  /** Nulls are left out of what is written. */
  readonly fields: Readonly<Record<string, number | string | boolean | null>>;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A point that this place will never take, however often it is asked: it goes to the dead letters. */
export interface Refused {
  readonly point: Point;
  readonly why: string;
}

/**
 * The sink contract: a place that keeps points. `write` resolves when every point is either safe or refused for good
 * (the refused ones are what it resolves to), and writing a point twice leaves one. It rejects when they are not safe,
 * and the caller then tries again with the same points; the error may say when, in `retryAfterMs`.
 * `test/contracts/sink.ts` holds every sink to it.
 */
export interface Sink {
  readonly name: string;
  write(points: readonly Point[]): Promise<readonly Refused[]>;
  close(): Promise<void>;
}

/** A sink that is yet to be opened. Opening may fail and is then tried again: the room goes on being recorded. */
export interface SinkSource {
  readonly name: string;
  open(): Promise<Sink>;
}

/** How long a sink asked to be left alone, if it did. */
export function retryAfterOf(error: unknown): number | undefined {
  const wish = (error as { retryAfterMs?: unknown } | null)?.retryAfterMs;
  return typeof wish === "number" ? wish : undefined;
}
