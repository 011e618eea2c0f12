import { z } from "zod";
import { attendOptions, isSeenFromAbove } from "./attend/attend.ts";
import { failure } from "./errors.ts";
import { eyeOptions } from "./eye/eye.ts";
import { merge, readLayers } from "./layers.ts";
import { LOG_LEVELS } from "./log.ts";
import { defaultDataFolder } from "./paths.ts";
import { BOUNDS, privacyOptions, protectOptions } from "./protect/protect.ts";
import { brokerOptions, mqttOptions, spoolOptions } from "./publish/publish.ts";
import { recordOptions } from "./record/record.ts";
import { senseOptions } from "./sense/sense.ts";
import { showOptions } from "./show/show.ts";
import { problemsOf, textOf } from "./yaml.ts";

const place = () =>
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "small letters, digits and hyphens only, 63 at most");

/**
 * The whole schema: the sum of the parts' own. It validates, gives the types, and writes `gateway.schema.json` and
 * `docs/config.md`.
 */
export const configSchema = z
  .strictObject({
    extends: z
      .string()
      .optional()
      .describe(
        "A config to lay this one over, as `../site.yaml`: what stands here comes before what stands there (docs/fleet.md). Relative to this file.",
      ),
    site: place()
      .describe("The school, as it stands in topics and tags: small letters, digits and hyphens.")
      .meta({ examples: ["riverside"] }),
    room: place()
      .describe("The room, likewise. One gateway, one room.")
      .meta({ examples: ["room-12"] }),
    dataFolder: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Where models, spool and store are kept. A path is relative to the config file. Left out: $FOCUS_GATEWAY_DATA, else the user's state folder.",
      ),
    log: z
      .strictObject({
        level: z.enum(LOG_LEVELS).default("info").describe("How much is said on standard error."),
      })
      .prefault({}),
    models: z
      .strictObject({
        pack: z
          .string()
          .default("default")
          .describe(
            "A model pack that came along, by name, or a folder with a `pack.json` of your own (see docs/models.md).",
          ),
      })
      .prefault({}),
    cameras: eyeOptions.shape.cameras.meta({
      examples: [[{ name: "front", driver: "simulated" }]],
      usual: true,
    }),
    sensors: senseOptions.shape.sensors.meta({
      examples: [[{ name: "air-1", driver: "mqtt", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air-1" }]],
    }),
    eye: eyeOptions.omit({ cameras: true }).prefault({}).describe("The process that looks."),
    sense: senseOptions
      .omit({ sensors: true })
      .prefault({})
      .describe("What is made of what sensors measure."),
    attend: attendOptions.prefault({}).describe("What heads are turned to."),
    protect: protectOptions.prefault({}).describe("What may be published about people."),
    privacy: privacyOptions.prefault({}).describe("Whether, when and how far the gateway may look."),
    mqtt: mqttOptions
      .prefault({})
      .describe("A broker of the school's. Without a `url` the embedded one is used."),
    broker: brokerOptions.prefault({}).describe("The embedded broker, started when `mqtt.url` is left out."),
    spool: spoolOptions.prefault({}).describe("Where messages wait on disk until the broker has them."),
    record: recordOptions.prefault({}).describe("Where messages are kept for good."),
    show: showOptions.prefault({}).describe("What people look at."),
  })
  .refine(({ protect, privacy }) => protect.zones.length === 0 || BOUNDS[privacy.profile].zones, {
    path: ["protect", "zones"],
    message: "zones are published under privacy.profile `research` only",
  })
  .superRefine(({ cameras }, { addIssue }) => {
    for (const [index, { landmarks }] of cameras.entries()) {
      if (landmarks === undefined || isSeenFromAbove(landmarks)) continue;
      // Taken as they are, heads that several cameras see would be counted for each of them.
      const message = "no camera sees a room so: three of them lie in a line, or two are mixed up";
      addIssue({ code: "custom", path: ["cameras", index, "landmarks"], message });
    }
  });

export type Config = z.output<typeof configSchema> & { readonly dataFolder: string };

/** What `focus-gateway run` plays without a config: a simulated classroom and everything embedded. */
const DEMO = {
  site: "demo",
  room: "room-1",
  cameras: [{ driver: "simulated", name: "front" }],
  // Air in a hurry: the CO₂ of an hour, and what open windows do about it, within the ten minutes of the lesson.
  sensors: [{ driver: "simulated", name: "air-1", co2Ppm: 800, speed: 6 }],
  sense: { air: { forSeconds: 20 } },
  protect: { expectedHeads: 24 },
};

/**
 * The config in that file and those it extends, or the demo's; frozen. Throws CONFIG_UNREADABLE, CONFIG_INVALID with a line
 * for each problem.
 */
export async function loadConfig(file: string | undefined): Promise<Config> {
  if (file === undefined) return finish(configSchema.parse(DEMO));
  const layers = await readLayers(file);
  const { value, layerOf } = merge(layers);
  const result = configSchema.safeParse(value);
  if (result.success) return finish(result.data);
  const problems = problemsOf(result.error)
    .map((problem) => ({ problem, layer: layerOf(problem.path) }))
    .map(({ problem, layer }) => ({ problem, layer, line: layer.lineOf(problem.path) }))
    .sort((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer) || (a.line ?? 0) - (b.line ?? 0))
    .map(({ problem, layer, line }) => {
      const place = [
        ...(layers.length > 1 ? [layer.file] : []),
        ...(line === null ? [] : [`line ${line}`]),
      ].join(", ");
      return `${place}${place && ": "}${textOf(problem)}`;
    });
  throw failure("CONFIG_INVALID", { file, problems });
}

/** In the order of the schema, so that the same config always reads the same. */
const finish = ({ site, room, dataFolder, ...rest }: z.output<typeof configSchema>): Config =>
  freeze({ site, room, dataFolder: dataFolder ?? defaultDataFolder(), ...rest });

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (inner !== null && typeof inner === "object") freeze(inner);
  return Object.freeze(value);
}
