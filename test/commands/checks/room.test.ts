import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { checkRoom } from "../../../gateway/commands/checks/room.ts";
import { loadConfig } from "../../../gateway/config.ts";
import { privacyOptions } from "../../../gateway/protect/protect.ts";
import { standInChip } from "../../support/gpio.ts";
import { temporaryFolder } from "../../support/places.ts";
import { standIn } from "../../support/standIn.ts";

const demo = await loadConfig(undefined);
const look = (privacy: object) => checkRoom({ ...demo, privacy: privacyOptions.parse(privacy) });

it("finds an LED and an input device, and says which is not there", async () => {
  const led = path.join(await temporaryFolder(), "led");
  const there = { indicator: { led }, button: { device: path.join(led, "brightness") } };
  expect((await look(there)).map(({ check, result }) => [check, result])).toEqual([
    ["light", "failed"],
    ["button", "failed"],
  ]);
  await mkdir(led);
  await writeFile(path.join(led, "brightness"), "0");
  expect((await look(there)).map(({ result }) => result)).toEqual(["ok", "ok"]);
  expect(await look({})).toEqual([]);
});

it("finds a GPIO line, and says what to do where there is no chip (with programs that stand in for libgpiod's)", async () => {
  const chip = await standInChip();
  vi.stubEnv("PATH", `${chip.folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const lines = { indicator: { gpio: "GPIO17" }, button: { gpio: "gpiochip0:99" } };
  const [light] = await look(lines);
  expect(light).toMatchObject({
    result: "failed",
    says: "GPIO17: there is no GPIO chip (/dev/gpiochip0) that this user may open",
    advice: expect.stringContaining("docs/it.md"),
  });
  await chip.plug();
  expect(await look(lines)).toMatchObject([
    { result: "ok", says: "GPIO17: line 17 of gpiochip0, free" },
    { result: "failed", says: expect.stringContaining("there is no GPIO line gpiochip0:99") },
  ]);
});

it("says what to install where libgpiod's programs are missing", async () => {
  await standIn("gpioinfo", null);
  expect(await look({ indicator: { gpio: "GPIO17" } })).toMatchObject([
    { result: "failed", says: expect.stringContaining("apt install gpiod") },
  ]);
});
