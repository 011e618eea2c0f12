import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../gateway/clock.ts";
import { openIndicator } from "../gateway/indicator.ts";
import { packageRoot } from "../gateway/paths.ts";
import { standInChip } from "./support/gpio.ts";
import { temporaryFolder } from "./support/places.ts";
import { launch, until } from "./support/programs.ts";

describe("a light that is an LED", () => {
  it("is lit as brightly as it can, and goes out", async () => {
    const led = path.join(await temporaryFolder(), "led");
    await mkdir(led);
    await writeFile(path.join(led, "max_brightness"), "255\n");
    await writeFile(path.join(led, "brightness"), "17");
    const brightness = () => readFile(path.join(led, "brightness"), "utf8");
    const light = openIndicator({ led, activeLow: false }, () => expect.fail(), systemClock);
    await light.on();
    expect(await brightness()).toBe("255");
    await light.off();
    expect(await brightness()).toMatch(/^0/);
  });

  it.each([
    [
      "is put out by somebody else",
      (led: string) => writeFile(path.join(led, "brightness"), "0\n"),
      /put out/,
    ],
    ["is unplugged", (led: string) => rm(led, { recursive: true }), /ENOENT/],
  ])("says so once when it %s", async (_, goOut, why) => {
    const led = path.join(await temporaryFolder(), "led");
    await mkdir(led);
    await writeFile(path.join(led, "max_brightness"), "1\n");
    await writeFile(path.join(led, "brightness"), "0\n");
    const lost: string[] = [];
    const quick = { ...systemClock, sleep: () => systemClock.sleep(5) };
    const light = openIndicator({ led, activeLow: false }, ({ message }) => lost.push(message), quick);
    await light.on();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lost, "it shines").toEqual([]);
    await goOut(led);
    await until(() => lost.length > 0 || undefined, 5, "the loss");
    expect(lost[0]).toMatch(why);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await light.close();
    expect(lost).toHaveLength(1);
  });
});

describe("a light on a GPIO line (with programs that stand in for libgpiod's, as there is no chip)", () => {
  async function layLight() {
    const chip = await standInChip();
    vi.stubEnv("PATH", `${chip.folder}:${process.env.PATH}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const lost: string[] = [];
    const light = openIndicator(
      { gpio: "GPIO17", activeLow: false },
      ({ message }) => lost.push(message),
      systemClock,
    );
    onTestFinished(() => light.close());
    const holder = async () => Number(await readFile(chip.pid, "utf8"));
    return { chip, light, lost, holder, driven: () => readFile(chip.driven, "utf8") };
  }
  const lives = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it("is driven by a program that lives as long as it is wanted so, on and off", async () => {
    const { chip, light, lost, holder, driven } = await layLight();
    await chip.plug();
    await light.off();
    expect(await driven()).toBe("17=0\n");
    const off = await holder();
    await light.on();
    expect(await driven()).toBe("17=1\n");
    expect(lives(off)).toBe(false);
    const on = await holder();
    expect(lives(on)).toBe(true);
    await light.close();
    expect(lives(on)).toBe(false);
    expect(lost, "who closes it has not lost it").toEqual([]);
  });

  it("says so when it goes out by itself, and can be lit again", async () => {
    const { chip, light, lost, holder } = await layLight();
    await chip.plug();
    await light.on();
    process.kill(await holder(), "SIGKILL");
    await until(() => lost.length > 0 || undefined, 5, "the loss");
    expect(lost).toEqual(["the light GPIO17 cannot be switched: gpioset ended (SIGKILL)"]);
    await light.on();
    expect(lives(await holder())).toBe(true);
  });

  it("goes out with the gateway, even when that is killed", async () => {
    const { chip, holder } = await layLight();
    await chip.plug();
    const compiled = path.join(
      packageRoot,
      process.env.FOCUS_GATEWAY_DIST ?? "dist",
      "gateway",
      "indicator.js",
    );
    const script = `import { openIndicator } from ${JSON.stringify(compiled)};
      await openIndicator({ gpio: "GPIO17", activeLow: false }, () => {}).on();
      console.log("lit");
      setInterval(() => {}, 1000);`;
    const gateway = launch(process.execPath, ["--input-type=module", "-e", script]);
    await once(gateway.stdout, "data");
    const pid = await holder();
    expect(lives(pid)).toBe(true);
    gateway.kill("SIGKILL");
    await until(() => !lives(pid) || undefined, 5, "the light's end");
  });

  it("cannot be lit where there is no chip, or somebody else has the line", async () => {
    const { chip, light, holder } = await layLight();
    await expect(light.on()).rejects.toMatchObject({
      code: "INDICATOR_FAILED",
      message: expect.stringContaining("there is no GPIO chip"),
    });
    await chip.plug();
    await light.on();
    const other = openIndicator({ gpio: "GPIO17", activeLow: false }, () => expect.fail(), systemClock);
    await expect(other.on()).rejects.toThrow("something else has the GPIO line GPIO17");
    expect(lives(await holder())).toBe(true);
  });
});
