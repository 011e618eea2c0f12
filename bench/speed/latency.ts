import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { connectAsync } from "mqtt";
import { systemClock as clock } from "../../gateway/clock.ts";
import { eyeOptions, openEye } from "../../gateway/eye/eye.ts";
import type { Logger } from "../../gateway/log.ts";
import { brokerOptions, eventMessage, openBroker, openPublisher } from "../../gateway/publish/publish.ts";
import type { PreparedPack } from "../../models/manifest.ts";
import type { BenchPicture } from "./pictures.ts";

/** Milliseconds from a picture's capture to a subscriber, and on the way; one number a picture. */
export interface Latencies {
  /** Until the gateway has the view. */
  readonly view: readonly number[];
  /** Until a subscriber of the broker has a message that was sent for that view. */
  readonly message: readonly number[];
}

export interface LatencyQuestion {
  readonly pictures: readonly BenchPicture[];
  readonly framesPerSecond: number;
  readonly seconds: number;
  /** How long the spool gathers before it syncs. */
  readonly commitMilliseconds: number;
  readonly folder: string;
}

/**
 * The per-frame path: a camera at a steady pace, the eye process, the spool on disk, the embedded broker, a subscriber.
 * The gateway publishes windows and no frames; here a message is sent for each view, so that the way can be timed.
 */
export async function measureLatency(
  { pictures, framesPerSecond, seconds, commitMilliseconds, folder }: LatencyQuestion,
  { pack, log }: { pack: PreparedPack; log: Logger },
): Promise<Latencies> {
  const root = "classroom/v1/bench/room";
  const camera = path.join(folder, "pictures");
  await mkdir(camera, { recursive: true });
  for (const [index, { jpeg }] of pictures.entries())
    await writeFile(path.join(camera, `${index}.jpg`), jpeg);
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  const publisher = await openPublisher(
    { root, mqtt: { url: broker.url }, spool: { folder: path.join(folder, "spool"), commitMilliseconds } },
    { log, clock },
  );
  const client = await connectAsync(broker.url);
  await client.subscribeAsync(`${root}/event/#`, { qos: 1 });
  const view: number[] = [];
  const message: number[] = [];
  client.on("message", (_topic, payload) => {
    message.push(clock.now() - Date.parse(JSON.parse(payload.toString()).time));
  });
  const eye = await openEye(
    {
      ...eyeOptions.parse({ cameras: [{ driver: "files", path: camera, framesPerSecond }] }),
      pack,
      pace: "live",
    },
    {
      onView({ time }) {
        view.push(clock.now() - time);
        void publisher.send(eventMessage({ time, kind: "view" }));
      },
      onCamera: () => {},
    },
    { log, clock },
  );
  await clock.sleep((seconds + WARM_UP_SECONDS) * 1000);
  await eye.close();
  await clock.sleep(500);
  await client.endAsync(true);
  await publisher.close();
  await broker.close();
  await rm(folder, { recursive: true });
  const counted = Math.round(WARM_UP_SECONDS * framesPerSecond);
  return { view: view.slice(counted), message: message.slice(counted) };
}

const WARM_UP_SECONDS = 1;
