import { expect, it } from "vitest";
import { senseOptions } from "../../gateway/sense/sense.ts";

/** What is wrong with such sensors, by where it stands. */
function problems(...sensors: object[]): string[] {
  const { error } = senseOptions.safeParse({ sensors });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const hub = { name: "air-1", driver: "mqtt", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air" };
const port = { name: "air-2", driver: "serial", path: "/dev/ttyUSB0", protocol: "json" };

it("takes sensors of different kinds", () => {
  expect(problems(hub, port)).toEqual([]);
});

it("says which entry has a name that was given before", () => {
  expect(problems(hub, port, { ...port, name: "air-1" })).toEqual([
    "sensors.2.name: each sensor needs a name of its own",
  ]);
});

it("says what a mapping and lines of text cannot do without", () => {
  expect(problems({ ...hub, adapter: "mapping" }, { ...port, protocol: "lines" })).toEqual([
    "sensors.0.fields: a mapping needs at least one",
    "sensors.1.patterns: `lines` needs at least one",
  ]);
});

it("lets no sensor be asked so seldom that it is stale in between", () => {
  const meter = { ...port, protocol: "mh-z19" };
  expect(problems({ ...meter, everySeconds: 300 })).toEqual([
    "sensors.0.staleAfterSeconds: has to be more than `everySeconds`, 300",
  ]);
  expect(problems({ ...meter, everySeconds: 300, staleAfterSeconds: 900 })).toEqual([]);
  expect(problems({ ...port, staleAfterSeconds: 5 }), "it speaks by itself").toEqual([]);
});
