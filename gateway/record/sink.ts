/** A row on its way to a database: the contract's measurement, tags and fields. */
export interface Point {
  readonly measurement: "focus" | "zone_focus" | "environment" | "event" | "gateway_health";
  readonly tags: Readonly<Record<string, string>>;
  /** Nulls are left out of what is written. */
  readonly fields: Readonly<Record<string, number | string | boolean | null>>;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/**
 * The sink contract: a place that keeps points. `write` resolves when the points are safe, and writing a point twice
 * leaves one. It rejects when they are not safe, and the caller then tries again with the same points.
 */
export interface Sink {
  readonly name: string;
  write(points: readonly Point[]): Promise<void>;
  close(): Promise<void>;
}
