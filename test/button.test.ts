import { execFileSync } from "node:child_process";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { watchButton } from "../gateway/button.ts";
import { systemClock } from "../gateway/clock.ts";
import { createLogger } from "../gateway/log.ts";
import { temporaryFolder } from "./support/places.ts";
import { until } from "./support/programs.ts";

const around = { log: createLogger("error", false), clock: systemClock };
const wiring = { activeLow: true, bias: "pull-up", debounceMilliseconds: 50 } as const;
const [EV_SYN, EV_KEY] = [0, 1];

/** `struct input_event`, as a 64-bit kernel writes it. */
function event(type: number, code: number, value: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16LE(type, 16);
  bytes.writeUInt16LE(code, 18);
  bytes.writeInt32LE(value, 20);
  return bytes;
}
const pressAndLetGo = (code: number) =>
  Buffer.concat([event(EV_KEY, code, 1), event(EV_SYN, 0, 0), event(EV_KEY, code, 0), event(EV_SYN, 0, 0)]);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("hears each press of its key once, whatever chatters, and no other key", async () => {
  const device = path.join(await temporaryFolder(), "event0");
  execFileSync("mkfifo", [device]);
  let presses = 0;
  const button = watchButton({ device, key: 148, ...wiring }, () => presses++, around);
  const kernel = await open(device, "r+");
  try {
    await kernel.write(Buffer.concat([pressAndLetGo(148), pressAndLetGo(148)]));
    await until(() => presses > 0 || undefined, 5, "the press");
    await pause(400);
    await kernel.write(pressAndLetGo(30));
    await pause(200);
    expect(presses).toBe(1);
    await kernel.write(pressAndLetGo(148));
    await until(() => presses > 1 || undefined, 5, "the second press");
  } finally {
    await kernel.close();
    await button.close();
  }
});

it("ends at once, also while its device is not there", async () => {
  const device = path.join(await temporaryFolder(), "none");
  const button = watchButton({ device, ...wiring }, () => {}, around);
  await pause(50);
  const asked = performance.now();
  await button.close();
  expect(performance.now() - asked).toBeLessThan(1_000);
  await rm(device, { force: true });
});
