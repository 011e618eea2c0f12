import { systemClock } from "../../../gateway/clock.ts";
import { createLogger } from "../../../gateway/log.ts";
import { protectOptions } from "../../../gateway/protect/protect.ts";
import { liveOptions, openLivePage } from "../../../gateway/show/live.ts";

/** A process that holds a live page until it is ended: `children/live.ts DATA_FOLDER`. */
const live = await openLivePage(liveOptions.parse({ port: 0 }), {
  mqtt: { url: "mqtt://127.0.0.1:9" },
  site: "school",
  room: "room-1",
  counts: protectOptions.parse({}).focusTargets,
  dataFolder: process.argv[2]!,
  log: createLogger("error", false),
  clock: systemClock,
});
process.stdout.write(`${live.url}\n`);
