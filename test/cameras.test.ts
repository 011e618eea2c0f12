import pino from "pino";
import { expect, it } from "vitest";
import { followCameras } from "../gateway/cameras.ts";
import { systemClock as clock } from "../gateway/clock.ts";

function follow() {
  const said: Array<{ level: number; msg: string; code?: string }> = [];
  const told: object[] = [];
  const forgotten: string[] = [];
  const heed = followCameras({
    ...{ clock, log: pino({ level: "debug" }, { write: (line: string) => said.push(JSON.parse(line)) }) },
    forget: (camera) => forgotten.push(camera),
    tell: (event) => told.push(event),
  });
  return { heed, said, told, forgotten };
}

it("says how a camera does, once for each change, in words that name it once", () => {
  const { heed, said, told } = follow();
  heed("front", "opening");
  heed("front", "ok");
  heed("front", "dark", "it is too dark to see faces");
  heed("front", "lost", "camera front: nothing answers", "CAMERA_LOST");
  expect(said.map(({ level, msg }) => [level, msg])).toEqual([
    [20, "camera front is opening"],
    [30, "camera front is ok"],
    [40, "camera front is dark: it is too dark to see faces"],
    [40, "camera front: nothing answers"],
  ]);
  expect(said[3]).toMatchObject({ code: "CAMERA_LOST" });
  expect(told).toEqual([]);
});

it("has the view of a camera that was moved learnt anew, and tells everybody", () => {
  const { heed, told, forgotten } = follow();
  heed("front", "moved", "it was moved");
  expect(forgotten).toEqual(["front"]);
  expect(told).toEqual([{ time: expect.any(Number), kind: "camera_moved", camera: "front" }]);
});
