import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt, type MqttConnection } from "../../gateway/mqtt.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { type Broker, brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { type LivePage, liveOptions, openLivePage } from "../../gateway/show/live.ts";
import { healthOf, lessonUntil, reading, type Said, scenes, window } from "../../scripts/scenes.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

// Needs the compiled program (`npm run build`, which `npm test` does): the live page is a process of its own.

const root = "classroom/v1/school/room-12";
const log = createLogger("error", false);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: ReadonlyArray<{ readonly html: string }>;
}

describe.skipIf(!hasBrowser)("each state of the live page (needs chromium)", () => {
  let broker: Broker;
  let live: LivePage;
  let browser: Browser;
  let client: MqttConnection;
  let page: Page;
  const asked: string[] = [];

  const tell = ({ topic, payload }: Said) =>
    client.publish(`${root}/${topic}`, JSON.stringify(payload), { retain: false });
  const shows = (state: string) =>
    page.waitForSelector(`.focus-live[data-state="${state}"]`, { timeout: 15_000 });
  const text = async (selector: string) =>
    ((await page.locator(selector).textContent()) ?? "").replace(/\s+/g, " ").trim();
  const has = (selector: string, words: string) =>
    page.locator(selector, { hasText: words }).first().waitFor({ timeout: 10_000 });

  /** What axe-core finds that keeps people out: https://github.com/dequelabs/axe-core */
  async function barriers(): Promise<string[]> {
    await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run('.focus-live')")) as { violations: Violation[] };
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  }

  beforeAll(async () => {
    broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
    live = await openLivePage(liveOptions.parse({ port: 0 }), {
      mqtt: { url: broker.url },
      site: "school",
      room: "room-12",
      counts: protectOptions.parse({}).focusTargets,
      dataFolder: await temporaryFolder(),
      log,
      clock: systemClock,
    });
    client = connectMqtt({ url: broker.url, clientId: "test", cleanSession: true }, log);
    client.onMessage(async (topic, payload) => {
      asked.push(`${topic.slice(root.length + 1)} ${payload}`);
    });
    await client.subscribe(`${root}/set/+`);
    await until(() => client.connected || undefined, 10, "the broker");
    browser = await openBrowser();
    page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      reducedMotion: "reduce",
    });
    await page.goto(live.url);
    const now = Date.now();
    // Told again until it is heard: the page is up a moment before it listens.
    await until(
      async () => {
        for (const said of [...lessonUntil(now), healthOf(now)]) await tell(said);
        const seen = page.waitForSelector('.focus-live[data-state="ok"]', { timeout: 2000 });
        return (await seen.catch(() => null)) ?? undefined;
      },
      30,
      "the page to show the lesson",
    );
  });

  afterAll(async () => {
    await browser?.close();
    await client?.close();
    await live?.close();
    await broker?.close();
  });

  it.each(Object.entries(scenes).filter(([, { language, query, scheme }]) => !language && !query && !scheme))(
    "%s keeps nobody out: axe-core finds nothing serious",
    async (_, { says, shown }) => {
      const now = Date.now();
      await tell(healthOf(now));
      for (const said of says(now)) await tell(said);
      await shows(shown);
      expect(await barriers()).toEqual([]);
      if (shown !== "ok") expect(await page.locator('[data-part="number"]').count()).toBe(0);
    },
  );

  it("says in plain words why nothing is measured, and shows that the camera is closed", async () => {
    await tell(window(Date.now(), { focus: 0 }, "paused"));
    await tell(healthOf(Date.now(), { shut: "timetable: there is no lesson in the timetable now" }));
    await has(".says", "Paused by the timetable: there is no lesson now.");
    expect(await text(".watched")).toBe("Camera closed");
    expect(await page.getByRole("button", { name: "Resume" }).count()).toBe(0);
    await tell(healthOf(Date.now(), { shut: "teacher: it was paused" }));
    await page.getByRole("button", { name: "Resume" }).waitFor({ timeout: 10_000 });
    await has(".advice", "Tap Resume to go on.");
    await tell(window(Date.now() + 1, { focus: 0 }, "no_camera"));
    await tell(healthOf(Date.now(), { cameras: { front: "covered" } }));
    await has(".says", "Something covers the camera");
    await has("footer", "front: covered");
  });

  it("offers to end the teacher's own pause, also while the timetable keeps the camera closed", async () => {
    const because = "timetable: there is no lesson in the timetable now";
    const event = (kind: string) =>
      tell({ topic: `event/${kind}`, payload: { time: new Date().toISOString(), kind, by: "page" } });
    await tell(window(Date.now(), { focus: 0 }, "paused"));
    await tell(healthOf(Date.now(), { shut: because, shut_by: ["timetable", "teacher"] }));
    await has(".says", "Paused by the timetable: there is no lesson now.");
    await has(".advice", "You paused it too");
    asked.length = 0;
    await page.getByRole("button", { name: "Resume" }).click();
    await until(() => asked.includes('set/pause {"paused":false}') || undefined, 10, "the resuming");
    await event("resumed");
    // The timetable holds on, and its words stay: nothing goes on measuring.
    await page.getByRole("button", { name: "Pause" }).waitFor({ timeout: 10_000 });
    await has(".advice", "It goes on by itself when a lesson begins.");
    await tell(window(Date.now() + 1, { focus: 0 }, "paused"));
    await event("paused");
    // Health is as old as it was, and the next window has come: the pause is known all the same.
    await tell(window(Date.now() + 2, { focus: 0 }, "paused"));
    await has(".advice", "You paused it too");
    await tell(healthOf(Date.now(), { shut: "teacher: it was paused", shut_by: ["teacher", "timetable"] }));
    await has(".advice", "Something else keeps the camera closed too");
    await tell(healthOf(Date.now(), { shut: "indicator: …", shut_by: ["indicator"] }));
    await has(".says", "The light that tells the room");
    expect(await page.getByRole("button", { name: "Resume" }).count()).toBe(0);
  });

  it("shows when focus was lost, where the number comes from, and the air as words", async () => {
    await tell(window(Date.now() + 2, { focus: 0.8 }));
    await shows("ok");
    expect(await text(".lost")).toMatch(/Focus dropped ?\d\d:\d\d, back \d\d:\d\d/);
    expect(await text(".why")).toContain("In a lecture, heads turned to the board or the desk count");
    expect(await text(".comfort")).toContain("Noise54 dBLively");
    await tell({
      topic: "sensor/air-1/co2",
      payload: { time: new Date().toISOString(), value: null, unit: "[ppm]", quality: "stale" },
    });
    await has(".comfort li", "unknown");
  });

  it("shows a suggestion calmly: one tap takes it, another puts it away", async () => {
    const suggest = (time: number, words: string) =>
      tell({
        topic: "event/suggestion",
        payload: {
          time: new Date(time).toISOString(),
          kind: "suggestion",
          about: "change",
          text: words,
          activity: "group",
        },
      });
    asked.length = 0;
    await suggest(Date.now() + 1000, "Groups?");
    await has(".note", "Groups?");
    await page.getByRole("button", { name: "Switch to Group" }).click();
    await until(() => asked.includes('set/activity {"activity":"group"}') || undefined, 10, "the activity");
    await page.locator(".note", { hasText: "Groups?" }).waitFor({ state: "detached", timeout: 10_000 });
    asked.length = 0;
    await suggest(Date.now() + 2000, "<b>Pairs?</b>");
    await has(".note", "<b>Pairs?</b>");
    await page.locator(".note .dismiss").click();
    await page.locator(".note", { hasText: "Pairs?" }).waitFor({ state: "detached", timeout: 10_000 });
    expect(asked).toEqual([]);
  });

  it("says no longer that the room is to be aired when it is fresh again", async () => {
    const now = Date.now() + 3000;
    const note = {
      time: new Date(now).toISOString(),
      kind: "suggestion",
      about: "air",
      text: "Open a window?",
    };
    await tell(reading(now, "co2", 1480, "[ppm]"));
    await tell({ topic: "event/suggestion", payload: note });
    await has(".note", "Open a window?");
    await tell(reading(now + 1, "co2", 700, "[ppm]"));
    await page
      .locator(".note", { hasText: "Open a window?" })
      .waitFor({ state: "detached", timeout: 10_000 });
    // Only that: what else was said stays.
    await tell({
      topic: "event/suggestion",
      payload: { ...note, time: new Date(now + 2).toISOString(), about: "rest" },
    });
    await has(".note", "Open a window?");
    await page.locator(".note .dismiss").click();
  });

  it("speaks the browser's language, another when chosen, and remembers that", async () => {
    const context = await browser.newContext({ locale: "zh-CN" });
    const chinese = await context.newPage();
    await chinese.goto(live.url);
    await chinese.getByRole("button", { name: "讲授" }).waitFor({ timeout: 15_000 });
    expect(await chinese.evaluate("document.documentElement.lang")).toBe("zh");
    await chinese.getByRole("combobox").selectOption("en");
    await chinese.getByRole("button", { name: "Lecture" }).waitFor({ timeout: 5000 });
    await chinese.reload();
    await chinese.getByRole("button", { name: "Lecture" }).waitFor({ timeout: 15_000 });
    await context.close();
  });

  it.each([
    [1920, 1080],
    [1366, 768],
    [1280, 800],
    [1280, 720],
    [1024, 768],
  ])(
    "fits %d by %d pixels without scrolling, with the longest note there is as well",
    async (width, height) => {
      await page.setViewportSize({ width, height });
      // What the tests before said to the teacher is put away.
      const dismiss = page.locator(".note .dismiss");
      await until(async () => (await dismiss.count()) === 0 || dismiss.click(), 10, "no note");
      const now = Date.now();
      const note = {
        kind: "suggestion",
        about: "change",
        activity: "group",
        source: "a tutor of this school",
      };
      const [text, time] = [
        "Compare your answers in pairs! ".repeat(6).slice(0, 160),
        new Date(now).toISOString(),
      ];
      await tell(reading(now, "co2", 1480, "[ppm]"));
      await tell(window(now, { focus: 0.31 }));
      const beyond =
        "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.focus-live'))";
      await shows("ok");
      const plot = page.locator(".plot");
      await until(async () => (await page.evaluate(beyond)) === 0 || undefined, 5, "the page to fit");
      const usual = (await plot.boundingBox())!.height;
      await tell({ topic: "event/suggestion", payload: { time, text, ...note } });
      await has(".note", text.trim());
      await until(
        async () => (await page.evaluate(beyond)) === 0 || undefined,
        5,
        "the page to fit with a note",
      );
      // The drawing has the height of its place, so nothing of it is cut off.
      const { height: left } = (await plot.boundingBox())!;
      expect(left).toBeLessThanOrEqual(usual);
      await until(
        async () =>
          Number(await plot.locator("svg").getAttribute("height")) === Math.round(left) || undefined,
        5,
        "the chart to follow",
      );
    },
  );

  it("has nothing to tap on a wall, and fits a phone whatever it shows", async () => {
    const wall = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await wall.goto(`${live.url}?kiosk`);
    await wall.waitForSelector('.focus-live.kiosk[data-state="ok"]', { timeout: 15_000 });
    expect(await wall.locator(".focus-live :is(button, input, select, summary)").count()).toBe(0);
    await wall.setViewportSize({ width: 360, height: 740 });
    const tooWide =
      "[...document.querySelectorAll('.focus-live *')].filter((it) => !it.closest('svg, .spoken') && it.getBoundingClientRect().right > innerWidth).map((it) => it.outerHTML.slice(0, 80))";
    await until(
      async () => ((await wall.locator(".plot svg").getAttribute("width")) ?? "900") < "340" || undefined,
      5,
      "the chart to follow",
    );
    expect(await wall.evaluate(tooWide)).toEqual([]);
    await wall.close();
  });
});
