import { z } from "zod";
import { ACTIVITIES, QUALITIES, READING_QUALITIES, TARGETS } from "../../terms.ts";

/** Of each message that the page hears, what it may show; whatever else stands in one goes no further. */

const share = z.number().min(0).max(1).nullable().default(null);

export const windowPayload = z.object({
  time: z.iso.datetime(),
  window_s: z.number().positive(),
  focus: share,
  low: share,
  high: share,
  coverage: share,
  heads: z.number().nullable().default(null),
  expected: z.number().nullable().default(null),
  targets: z.record(z.enum(TARGETS), z.number()).nullable().default(null),
  shifts_per_min: z.number().nullable().default(null),
  synchrony: share,
  activity: z.enum(ACTIVITIES),
  lesson: z.string().nullable().default(null),
  quality: z.enum(QUALITIES),
  model: z.string().nullable().default(null),
  provider: z.string().nullable().default(null),
});
export type WindowPayload = z.infer<typeof windowPayload>;

export const eventPayload = z.object({
  time: z.iso.datetime(),
  kind: z.string(),
  text: z.string().max(200).default(""),
  /** Of a notice or a suggestion: what it is about, who says so, and what might be done. */
  about: z.string().max(40).optional(),
  source: z.string().max(40).optional(),
  activity: z.enum(ACTIVITIES).optional().catch(undefined),
  /** Who paused, or had it go on. */
  by: z.string().max(40).optional(),
});
export type EventPayload = z.infer<typeof eventPayload>;

export const sensorPayload = z.object({
  time: z.iso.datetime(),
  value: z.number().nullable(),
  unit: z.string(),
  quality: z.enum(READING_QUALITIES),
});
export type SensorPayload = z.infer<typeof sensorPayload>;

export const healthPayload = z.object({
  frames_per_second: z.number().nullable().optional(),
  cameras: z.record(z.string(), z.string()).optional(),
  sensors: z.record(z.string(), z.string()).optional(),
  /** Who has kept the cameras shut for the longest, and why: `timetable: …`. */
  shut: z
    .string()
    .transform((why) => why.slice(0, 300))
    .nullable()
    .default(null),
  /** Everybody who keeps them shut, the longest-standing first. */
  shut_by: z.array(z.string().max(40)).max(10).optional(),
});
