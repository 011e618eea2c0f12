import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { systemClock } from "../gateway/clock.ts";
import { createLogger } from "../gateway/log.ts";
import { connectMqtt } from "../gateway/mqtt.ts";
import { packageRoot } from "../gateway/paths.ts";
import { protectOptions } from "../gateway/protect/protect.ts";
import { brokerOptions, openBroker, topicRoot } from "../gateway/publish/publish.ts";
import { liveOptions, openLivePage } from "../gateway/show/live.ts";
import { openBrowser } from "../test/support/browser.ts";
import { until } from "../test/support/programs.ts";
import { healthOf, lessonUntil, type Said, scenes } from "./scenes.ts";

/**
 * Takes the pictures of the live page in docs/images: the real page, in a real Chromium, told by a real broker what
 * `scenes.ts` makes up. The same scenes each time; only the clock on them differs.
 */
const SHAPES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
} as const;

const log = createLogger("error", false);
const site = "school";
const folder = await mkdtemp(path.join(os.tmpdir(), "focus-screenshots-"));
const images = path.join(packageRoot, "docs", "images");
const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
let browser: Browser | null = null;

/** One scene, in a room of its own, so that nothing of the last one is left. */
async function take(name: string, browser: Browser): Promise<void> {
  const { shapes, language = "en", query = "", scheme = "light", says, shown } = scenes[name]!;
  const room = "Room 12";
  const root = topicRoot(site, "room-12");
  const live = await openLivePage(liveOptions.parse({ port: 0 }), {
    mqtt: { url: broker.url },
    site,
    room: "room-12",
    counts: protectOptions.parse({}).focusTargets,
    dataFolder: path.join(folder, name),
    log,
    clock: systemClock,
  });
  const client = connectMqtt({ url: broker.url, clientId: `scene-${name}`, cleanSession: true }, log);
  try {
    await until(() => client.connected || undefined, 10, "the broker");
    const tell = ({ topic, payload }: Said) =>
      client.publish(`${root}/${topic}`, JSON.stringify(payload), { retain: false });
    const now = Date.now();
    for (const shape of shapes) {
      const page = await browser.newPage({
        ...SHAPES[shape],
        locale: language === "zh" ? "zh-CN" : "en-GB",
        colorScheme: scheme,
        reducedMotion: "reduce",
      });
      await page.goto(live.url + query);
      // Told again until it is heard: the page is up a moment before it listens.
      await until(
        async () => {
          for (const said of [...lessonUntil(now), healthOf(now), ...says(now)]) await tell(said);
          const seen = page.waitForSelector(`.focus-live[data-state="${shown}"]`, { timeout: 2000 });
          return (await seen.catch(() => null)) ?? undefined;
        },
        30,
        `the page to show ${shown}`,
      );
      await page.waitForTimeout(600);
      await keep(page, `live-${name}${shapes.length > 1 && shape === "phone" ? "-phone" : ""}.png`);
      await page.close();
    }
  } finally {
    await client.close();
    await live.close();
  }
  console.log(`${room}: ${name}`);
}

/** Few colours are on it: a palette makes it a third of the size, and looks the same. */
async function keep(page: Page, file: string): Promise<void> {
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, colours: 128, compressionLevel: 9, effort: 10 })
    .toFile(path.join(images, file));
}

try {
  await mkdir(images, { recursive: true });
  browser = await openBrowser();
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : Object.keys(scenes)) await take(name, browser);
} finally {
  await browser?.close();
  await broker.close();
  await rm(folder, { recursive: true, force: true });
}
