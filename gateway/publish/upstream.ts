import { z } from "zod";
import { secret } from "../options.ts";

/** A broker of the school's own. */
export const mqttOptions = z.strictObject({
  url: z
    .string()
    .regex(
      /^(mqtts?|tcp|ssl|tls):\/\/[^/\s]+$/,
      "an address such as mqtt://broker.school:1883 or mqtts://broker.school:8883",
    )
    .optional()
    .describe("The broker to publish to. Left out: the embedded one."),
  username: z.string().min(1).optional().describe("User name at that broker."),
  password: secret().optional().describe("Password at that broker."),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM file of the authority that signed the broker's certificate, when the system does not know it.",
    ),
  flows: z
    .strictObject({
      username: z.string().min(1).describe("User name."),
      password: secret().describe("Password."),
    })
    .optional()
    .describe(
      "Account at that broker for the live page and flows, which read the room and write `set/…`. Left out: the gateway's own, " +
        "with which whoever edits flows could say anything of the room.",
    ),
});
