import { z } from "zod";
import { revealSecret, secret } from "../options.ts";
import type { FlowSettings } from "./nodered/flows.ts";
import type { Access } from "./nodered/order.ts";

const enabled = () => z.boolean().default(true).describe("Whether this flow runs.");
const minutes = (usual: number) => z.number().min(0).max(600).default(usual);
const address = () => z.url({ protocol: /^https?$/ });

export const flowsOptions = z.strictObject({
  drop: z
    .strictObject({
      enabled: enabled(),
      fall: z
        .number()
        .min(0.05)
        .max(0.9)
        .default(0.2)
        .describe("How far focus must be below what is usual; 0.2 is 20 in 100."),
      minutes: minutes(2).describe("For how long."),
      quietMinutes: minutes(10).describe("How long nothing more is said after having told once."),
    })
    .prefault({})
    .describe("Tells the teacher of a drop that lasts; never in an exam."),
  air: z
    .strictObject({
      enabled: enabled(),
      ppm: z.number().min(400).max(10_000).default(1000).describe("CO₂ above which airing is suggested."),
      minutes: minutes(3).describe("For how long it must be above."),
      onTaskMinutes: minutes(40).describe("Minutes of work after which a break is suggested."),
      quietMinutes: minutes(20).describe("How long the same is not suggested again."),
    })
    .prefault({})
    .describe("Suggests airing, or a break; never in an exam."),
  summary: z
    .strictObject({
      enabled: enabled(),
      minimumMinutes: minutes(10).describe("Shorter lessons are not summed up."),
    })
    .prefault({})
    .describe("Sums a lesson up when it is over."),
  button: z
    .strictObject({
      topic: z
        .string()
        .regex(/^[^+#]+$/, "no wildcards")
        .describe("MQTT topic on which the button speaks, as `zigbee2mqtt/button-12`."),
      presses: z
        .array(z.string().toLowerCase().min(1))
        .min(1)
        .default(["single", "press", "on", "toggle"])
        .describe("What it says when it is pressed: a bare word, or `action` in an object."),
    })
    .optional()
    .describe("A button in the room that pauses, and goes on. Off when left out."),
  webhook: z
    .strictObject({
      url: address().describe("Where events are posted to."),
      token: secret().optional().describe("Sent as a bearer token."),
      kinds: z
        .array(z.string().regex(/^[a-z_]+$/))
        .default(["notice", "suggestion"])
        .describe("Which events; none in the list means all, marks with their free text too."),
    })
    .optional()
    .describe("Posts events to an address. Off when left out."),
  xapi: z
    .strictObject({
      url: address().describe("The learning record store's endpoint, without `/statements`."),
      username: z.string().min(1).optional().describe("User for Basic authentication."),
      password: secret().optional().describe("Password for Basic authentication."),
      token: secret().optional().describe("A bearer token instead."),
      homePage: address().describe("The school's home page: rooms have their accounts under it."),
    })
    .optional()
    .describe("States what the room did, as xAPI; nothing about a learner. Off when left out."),
  tutor: z
    .strictObject({
      follow: z
        .array(z.string().min(1))
        .default([])
        .describe("Whose suggested activities are followed by themselves, by `source`; with none, nobody's."),
    })
    .prefault({})
    .describe("Suggestions of tutoring systems (docs/tutors.md)."),
});

export type FlowsOptions = z.output<typeof flowsOptions>;

/** What the flows of the package need to know, for the process that runs them. Throws CONFIG_SECRET. */
export function planFlows(
  { drop, air, summary, button, webhook, xapi, tutor }: FlowsOptions,
  { site, room, root }: { readonly site: string; readonly room: string; readonly root: string },
): { settings: FlowSettings; destinations: Record<string, Access & { readonly token?: string }> } {
  const settings: FlowSettings = {
    site,
    room,
    topics: `${root}/#`,
    "drop.off": !drop.enabled,
    "drop.fall": drop.fall,
    "drop.minutes": drop.minutes,
    "drop.quietMinutes": drop.quietMinutes,
    "air.off": !air.enabled,
    "air.ppm": air.ppm,
    "air.minutes": air.minutes,
    "air.onTaskMinutes": air.onTaskMinutes,
    "air.quietMinutes": air.quietMinutes,
    "summary.off": !summary.enabled,
    "summary.minimumMinutes": summary.minimumMinutes,
    "button.off": !button,
    "button.topic": button?.topic ?? "",
    "button.presses": JSON.stringify(button?.presses ?? []),
    "webhook.off": !webhook,
    "webhook.kinds": (webhook?.kinds ?? []).join(" "),
    "xapi.off": !xapi,
    "xapi.homePage": xapi?.homePage ?? "",
    "tutor.off": tutor.follow.length === 0,
    "tutor.follow": JSON.stringify(tutor.follow),
  };
  return {
    settings,
    destinations: {
      ...(webhook && { webhook: access(webhook) }),
      ...(xapi && { xapi: access(xapi) }),
    },
  };
}

interface Told {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: z.output<ReturnType<typeof secret>> | undefined;
  readonly token?: z.output<ReturnType<typeof secret>> | undefined;
}

const access = ({ url, username, password, token }: Told) => ({
  url,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: revealSecret(password) }),
  ...(token !== undefined && { token: revealSecret(token) }),
});
