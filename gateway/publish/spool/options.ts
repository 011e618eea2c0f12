import { z } from "zod";

export const spoolOptions = z.strictObject({
  maximumMegabytes: z
    .number()
    .min(1)
    .max(1_000_000)
    .default(256)
    .describe(
      "Disk that messages may take while the broker is away. Beyond it the oldest of the least important go first: " +
        "health, then environment, then events, then focus.",
    ),
  commitMilliseconds: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe(
      "Shortest time from one write to the disk to the next: the first message after a pause is written and synced at " +
        "once, what comes sooner is gathered. Longer spares SD cards.",
    ),
});

export interface SpoolSettings extends Partial<z.output<typeof spoolOptions>> {
  readonly folder: string;
  /** Length at which a file is closed and the next one begun. */
  readonly segmentBytes?: number;
}
