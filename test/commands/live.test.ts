import type { Browser } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { preparedForTests } from "../models/prepared.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import type { Running } from "../support/cli.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

let gateway: Running | undefined;
let browser: Browser | undefined;
afterAll(async () => {
  await browser?.close();
  if (gateway) await endGateway(gateway);
});

describe.skipIf(!prepared || !hasBrowser)(
  "the live page of a gateway that runs (skipped without the model pack and chromium)",
  () => {
    it("shows the class as a number that moves, obeys the activity and the pause button, and comes back", async () => {
      const room = await layRoom(prepared!, ({ live, health }) => ({
        show: { live: { port: live }, health: { port: health } },
      }));
      gateway = await startGateway(room.config);
      browser = await openBrowser();
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`http://127.0.0.1:${room.ports.live}/live`);
      const text = () => page.locator("body").innerText();
      const percent = async () => /most likely\s+\d+–\d+ %/i.test(await text());

      await until(async () => ((await percent()) ? true : undefined), 40, "a number with its interval");
      expect(await text()).toContain("heads seen");

      const seen = new Set<string>();
      await until(
        async () => {
          seen.add(/most likely\s+(\d+–\d+ %)/i.exec(await text())?.[1] ?? "");
          return seen.size > 2 ? true : undefined;
        },
        40,
        "the number to move",
      );

      await page.getByRole("button", { name: "Group" }).click();
      await until(
        async () =>
          (await page.getByRole("button", { name: "Group" }).getAttribute("aria-pressed")) === "true"
            ? true
            : undefined,
        20,
        "the activity",
      );

      await page.getByRole("button", { name: "Pause" }).click();
      await until(
        async () => (/paused/i.test(await text()) && !(await percent()) ? true : undefined),
        20,
        "paused, and no number",
      );

      await page.getByRole("button", { name: "Resume" }).click();
      await until(async () => ((await percent()) ? true : undefined), 40, "the number after the pause");
    }, 180_000);
  },
);
