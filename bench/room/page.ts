import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { openLivePage, showOptions } from "../../gateway/show/show.ts";
import { until } from "../../test/support/programs.ts";
import { EVERY, roomMessages } from "../sizes/room.ts";

/** What a room says in eight hours, told to the live page in two minutes: whether what it keeps of it has an end. */
const { values } = parseArgs({
  options: { hours: { type: "string", default: "8" }, perSecond: { type: "string", default: "200" } },
});
const hours = Number(values.hours);
/** Messages told at once. */
const AT_ONCE = 20;

const log = createLogger("error");
const root = "classroom/v1/bench/r1";
const dataFolder = await mkdtemp(path.join(tmpdir(), "focus-gateway-page-"));
const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
const mqtt = { ...broker.login, url: broker.url };
const { live } = showOptions.parse({ live: { port: 0 } });
const { focusTargets: counts } = protectOptions.parse({});
const page = await openLivePage(live, { mqtt, site: "bench", room: "r1", counts, dataFolder, log, clock });
const client = await connectAsync(broker.url);
const tell = (hour: number) =>
  process.stdout.write(`${hour.toFixed(1)} h: ${page.memoryMb()?.toFixed(0)} MB\n`);

await until(() => page.memoryMb() ?? undefined, 60, "the page to say how large it is");
tell(0);
const began = Date.now() - hours * 3_600_000;
let sent = 0;
let windows = 0;
for (const { topic, payload, retain, kind } of roomMessages(began, hours * 3600)) {
  await client.publishAsync(`${root}/${topic}`, payload, { qos: 1, retain });
  if (++sent % AT_ONCE === 0) await sleep((AT_ONCE / Number(values.perSecond)) * 1000);
  if (kind === "focus" && ++windows % (1800 / EVERY.window) === 0) tell((windows * EVERY.window) / 3600);
}
await client.endAsync();
await page.close();
await broker.close();
await rm(dataFolder, { recursive: true, force: true });
process.exit(0);
