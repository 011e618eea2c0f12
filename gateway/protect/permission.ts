import { z } from "zod";
import { askProfile, type Permission, PROFILES } from "./profile.ts";
import { openTimetable, timetableOptions } from "./timetable.ts";

export const privacyOptions = z.strictObject({
  profile: z
    .enum(PROFILES)
    .default("aggregate")
    .describe(
      "How far the gateway may go: `aggregate` the room only; `research` zones too, in groups of ten; `eu` counts and directions only; `off` cameras stay shut. `research` and `eu` need a `signoff`.",
    ),
  signoff: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The YAML file by which somebody answerable allows `research` or `eu` (see docs/privacy.md). Without it, or once it has run out, cameras stay shut.",
    ),
  timetable: timetableOptions
    .optional()
    .describe("When cameras may be open at all. Left out: whenever the gateway runs."),
  indicator: z
    .strictObject({
      led: z
        .string()
        .min(1)
        .describe(
          "An LED of the machine, by its folder: `/sys/class/leds/NAME`. It is lit before a camera opens and goes out after the last one has closed; an LED that cannot be lit keeps cameras shut.",
        ),
    })
    .optional()
    .describe("A light that tells the room that cameras are open."),
  button: z
    .strictObject({
      device: z
        .string()
        .min(1)
        .describe("An input device of the machine, such as `/dev/input/by-path/platform-gpio-keys-event`."),
      key: z
        .int()
        .min(0)
        .max(767)
        .optional()
        .describe("The code of the key that counts (Linux input-event-codes.h); any when left out."),
    })
    .optional()
    .describe("A button in the room: pressed, it pauses; pressed again, it goes on."),
});
export type PrivacyOptions = z.output<typeof privacyOptions>;

/** The name of the lesson that the timetable has now, for a lesson that was entered by name. */
export interface Granted {
  readonly granted: true;
  readonly lesson: string | null;
}

export type Answer = Granted | (Extract<Permission, { granted: false }> & { readonly by: Refuser });
export type Refuser = "profile" | "timetable";

/** Asks everybody who has a say in whether cameras may be open. */
export interface Permissions {
  /** Never rejects: whoever cannot be asked says no. */
  ask(now: number): Promise<Answer>;
}

export function openPermissions(
  { profile, signoff, timetable: hours }: PrivacyOptions,
  place: { readonly site: string; readonly room: string },
): Permissions {
  const timetable = hours && openTimetable(hours);
  return {
    async ask(now) {
      const allowed = await askProfile({ profile, signoff }, place, now);
      if (!allowed.granted) return { ...allowed, by: "profile" };
      if (!timetable) return { granted: true, lesson: null };
      const moment = await timetable.at(now);
      if (!moment.lesson) return { granted: false, because: moment.because, by: "timetable" };
      const named = hours.lessonNames && moment.lesson.summary !== "";
      return { granted: true, lesson: named ? moment.lesson.summary.slice(0, 80) : null };
    },
  };
}
