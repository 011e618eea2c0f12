import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { preparedForTests } from "../models/prepared.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { childProcesses, commandLine } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

describe.skipIf(!prepared || !hasBrowser)(
  "the live page of a gateway that runs (skipped without the model pack and chromium)",
  () => {
    it("shows the class as a number that moves; taps on activity, mark and pause arrive on MQTT and in the database", async () => {
      const room = await layRoom(prepared!, ({ live, health }) => ({
        show: { live: { port: live }, health: { port: health } },
      }));
      const gateway = await startGateway(room.config);
      onTestFinished(() => endGateway(gateway));
      const heard = new Set<string>();
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${room.ports.broker}`);
      onTestFinished(() => client.endAsync());
      client.on("message", (topic) => heard.add(topic.replace("classroom/v1/test/r1/", "")));
      await client.subscribeAsync(["classroom/v1/test/r1/set/+", "classroom/v1/test/r1/event/+"]);
      const arrived = (topic: string) => until(() => heard.has(topic) || undefined, 20, topic);
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
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

      await arrived("set/activity");
      await arrived("event/activity");

      await page.getByRole("textbox").fill("experiment starts");
      await page.getByRole("button", { name: "Mark" }).click();
      await arrived("set/mark");
      await arrived("event/mark");

      await page.getByRole("button", { name: "Pause" }).click();
      await until(
        async () => (/paused/i.test(await text()) && !(await percent()) ? true : undefined),
        20,
        "paused, and no number",
      );

      await arrived("set/pause");
      await arrived("event/paused");

      await page.getByRole("button", { name: "Resume" }).click();
      await arrived("event/resumed");
      await until(async () => ((await percent()) ? true : undefined), 40, "the number after the pause");

      const recorded = async () => {
        const asked = ["query", "SELECT * FROM event ORDER BY time", "--json", "--config", room.config];
        return jsonLines<{ kind: string; text?: string }>((await cli(asked)).out);
      };
      const kinds = ["activity", "mark", "paused", "resumed"];
      const rows = await until(
        async () => {
          const all = await recorded();
          return kinds.every((kind) => all.some((row) => row.kind === kind)) ? all : undefined;
        },
        40,
        "all of it in the database",
      );
      expect(rows.find(({ kind }) => kind === "mark")?.text).toBe("experiment starts");

      // The page's process may go: a page that is opened then has the lesson from the record, and says that it is a drawn one.
      const [nodeRed] = childProcesses(gateway.child.pid).filter((pid) =>
        commandLine(pid).includes("nodered/main.js"),
      );
      process.kill(nodeRed!, "SIGKILL");
      const late = await browser.newPage();
      const isThere = () =>
        late.goto(page.url()).then(
          (answer) => answer?.ok() || undefined,
          () => undefined,
        );
      await until(isThere, 40, "the page to be back");
      await late
        .locator(".event text", { hasText: "experiment starts" })
        .waitFor({ state: "attached", timeout: 20_000 });
      await late.getByText("Simulated class").waitFor({ timeout: 5000 });
    }, 180_000);
  },
);
