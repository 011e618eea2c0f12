import { z } from "zod";
import { askProfile, type Permission, PROFILES } from "./profile.ts";
import { openTimetable, timetableOptions } from "./timetable.ts";

const gpioLine = () =>
  z
    .string()
    .min(1)
    .optional()
    .describe(
      "A line of a GPIO chip, as `gpiochip0:17` or by its name, as `gpioinfo` lists it; by the programs of the package `gpiod`.",
    );

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
        .optional()
        .describe("An LED of the machine, by its folder: `/sys/class/leds/NAME`. Or `gpio`."),
      gpio: gpioLine(),
      activeLow: z.boolean().default(false).describe("The GPIO line's low level lights it."),
    })
    .refine(({ led, gpio }) => (led === undefined) !== (gpio === undefined), {
      message: "name the light by `led` or by `gpio`, and not by both",
    })
    .optional()
    .describe(
      "A light that tells the room that cameras are open. It is lit before a camera opens and goes out after the last one has closed; one that cannot be lit keeps cameras shut, and one that goes out closes them.",
    ),
  button: z
    .strictObject({
      device: z
        .string()
        .min(1)
        .optional()
        .describe(
          "An input device of the machine, such as `/dev/input/by-path/platform-gpio-keys-event`. Or `gpio`.",
        ),
      key: z
        .int()
        .min(0)
        .max(767)
        .optional()
        .describe(
          "The code of the input device's key that counts (Linux input-event-codes.h); any when left out.",
        ),
      gpio: gpioLine(),
      activeLow: z
        .boolean()
        .default(true)
        .describe("The GPIO line is low while it is pressed: a button between line and ground."),
      bias: z
        .enum(["as-is", "pull-up", "pull-down"])
        .default("pull-up")
        .describe("The chip's resistor that holds the GPIO line while nobody presses."),
      debounceMilliseconds: z
        .int()
        .min(0)
        .max(1000)
        .default(50)
        .describe("A GPIO line that moves again within this time chatters, and nobody has pressed."),
    })
    .refine(({ device, gpio }) => (device === undefined) !== (gpio === undefined), {
      message: "name the button by `device` or by `gpio`, and not by both",
    })
    .optional()
    .describe("A button in the room: pressed, it pauses; pressed again, it goes on."),
});
export type PrivacyOptions = z.output<typeof privacyOptions>;

/** The lesson that the timetable has now. */
export interface Granted {
  readonly granted: true;
  /** Its name, where it may be published. */
  readonly lesson: string | null;
  /** What the timetable calls it, by which it is told from the next one; it goes nowhere. Null without a timetable. */
  readonly subject: string | null;
}

export type Answer = Granted | Refused;
export interface Refused extends Extract<Permission, { granted: false }> {
  readonly by: Refuser;
  /** The timetable has no lesson then. */
  readonly isOver: boolean;
}
export type Refuser = "profile" | "timetable";

/** Asks everybody who has a say in whether cameras may be open. */
export interface Permissions {
  /** Never rejects: whoever cannot be asked says no. */
  ask(now: number): Promise<Answer>;
  /** Whether the timetable, if there is one, had a lesson end in `(since, now]`, hours apart at most. */
  lessonEnded(since: number, now: number): Promise<boolean>;
}

export function openPermissions(
  { profile, signoff, timetable: hours }: PrivacyOptions,
  place: { readonly site: string; readonly room: string },
): Permissions {
  const timetable = hours && openTimetable(hours);
  return {
    async ask(now) {
      const allowed = await askProfile({ profile, signoff }, place, now);
      if (!allowed.granted) return { ...allowed, by: "profile", isOver: false };
      if (!timetable) return { granted: true, lesson: null, subject: null };
      const moment = await timetable.at(now);
      if (!moment.lesson) {
        const { because, isOver } = moment;
        return { granted: false, because, by: "timetable", isOver };
      }
      const { summary } = moment.lesson;
      return { granted: true, lesson: hours.lessonNames ? nameOf(summary) : null, subject: summary };
    },
    lessonEnded: async (since, now) => timetable?.ended(since, now) ?? false,
  };
}

const LONGEST_NAME = 80;

/** As a name that a teacher gives: one line, and nothing in it by which it could play tricks on whoever shows it. */
function nameOf(summary: string): string | null {
  const line = summary.replace(/[\p{C}\s]+/gu, " ").trim();
  // The cut may leave half of a character behind.
  return (
    line
      .slice(0, LONGEST_NAME)
      .replace(/\p{Cs}$/u, "")
      .trimEnd() || null
  );
}
