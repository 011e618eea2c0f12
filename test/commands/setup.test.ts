import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { setup } from "../../gateway/commands/setup.ts";
import type { Terminal } from "../../gateway/commands/terminal.ts";
import { temporaryFolder } from "../support/places.ts";

/** Answers nothing, as a script's standard input does not; keeps what is said. */
function terminal(): Terminal & { readonly said: string[] } {
  const said: string[] = [];
  return {
    json: true,
    said,
    say: (line) => void said.push(line),
    emit: () => {},
    write: () => {},
    note: () => {},
    progress: () => ({ update: () => {}, end: () => {} }),
  };
}

const ROOM_1 = {
  layout: "school",
  site: "north",
  room: ["room-1"],
  host: ["127.0.0.1"],
  camera: "simulated",
};

it("goes by what it was told the last time, takes in further rooms, and lets go of those that are named", async () => {
  const out = path.join(await temporaryFolder(), "focus");
  const rooms = async () => (await readFile(path.join(out, "influxdb/writers"), "utf8")).trim().split("\n");
  await setup(terminal(), { out, ...ROOM_1 });
  await setup(terminal(), { out });
  expect(await rooms()).toEqual(["gateway-room-1"]);
  await setup(terminal(), { out, room: ["room-2", "room-3"] });
  expect(await rooms()).toEqual(["gateway-room-1", "gateway-room-2", "gateway-room-3"]);
  await setup(terminal(), { out, without: ["room-2"] });
  expect(await rooms()).toEqual(["gateway-room-1", "gateway-room-3"]);
  expect(await readdir(path.join(out, "rooms/room-2"))).not.toContain("secrets");
});

it("says what is missing, and what makes no sense, before it writes anything", async () => {
  const out = path.join(await temporaryFolder(), "focus");
  for (const [options, problem] of [
    [{}, /nothing is said by --layout, --site, --room, --host, --camera/],
    [{ ...ROOM_1, room: ["Room 1"] }, /--room: small letters/],
    [{ ...ROOM_1, layout: "room", room: ["a", "b"] }, /--room: one room; several are a school/],
    [{ ...ROOM_1, host: ["not a host"] }, /--host/],
    [{ ...ROOM_1, camera: "crystal-ball" }, /--camera crystal-ball/],
    [{ ...ROOM_1, without: ["room-9"] }, /--without room-9: there is no such room/],
  ] as const)
    await expect(setup(terminal(), { out, ...options })).rejects.toThrow(problem);
  await expect(readdir(out)).rejects.toThrow("ENOENT");
});
