import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeCalibration } from "../../gateway/attend/network/calibration.ts";
import { learnUsual } from "../../gateway/attend/network/usual.ts";
import { systemClock as clock } from "../../gateway/clock.ts";
import { eyeOptions, openEye } from "../../gateway/eye/eye.ts";
import { readLesson } from "../../gateway/eye/simulate/lesson.ts";
import { openPainter } from "../../gateway/eye/simulate/painter.ts";
import { openWorld, truthOf } from "../../gateway/eye/simulate/world.ts";
import { createLogger } from "../../gateway/log.ts";
import { MEASUREMENTS } from "../../gateway/record/measurements.ts";
import type { View } from "../../gateway/terms.ts";
import { preparedForTests } from "../models/prepared.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const prepared = await preparedForTests();
const log = createLogger("silent" as "error", false);

describe.skipIf(!prepared)("a seat that must not be seen (skipped without the model pack)", () => {
  it("changes nothing in what the eye says, whatever goes on in it", async () => {
    const { picture, heads } = await drawnClass();
    const seat = heads[0]!;
    const area = {
      left: Math.floor(seat.x * 1280),
      top: Math.floor(seat.y * 720),
      width: Math.ceil(seat.width * 1280),
      height: Math.ceil(seat.height * 720),
    };
    // Nobody there; somebody else's head; noise.
    const other = heads[heads.length - 1]!;
    const head = await sharp(picture)
      .extract({
        left: Math.floor(other.x * 1280),
        top: Math.floor(other.y * 720),
        width: Math.floor(other.width * 1280),
        height: Math.floor(other.height * 720),
      })
      .resize(area.width, area.height, { fit: "fill" })
      .png()
      .toBuffer();
    const grey = {
      create: { width: area.width, height: area.height, channels: 3 as const, background: "#777777" },
    };
    const noise = { ...grey.create, noise: { type: "gaussian" as const, mean: 128, sigma: 60 } };
    const fillings = [
      await sharp(grey).png().toBuffer(),
      head,
      await sharp({ create: noise }).png().toBuffer(),
    ];
    const pictures = [
      picture,
      ...(await Promise.all(
        fillings.map((input) =>
          sharp(picture)
            .composite([{ input, left: area.left, top: area.top }])
            .png()
            .toBuffer(),
        ),
      )),
    ];
    const [left, top] = [area.left / 1280, area.top / 720];
    const [right, bottom] = [(area.left + area.width) / 1280, (area.top + area.height) / 720];
    const corners = [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];

    const seen = await facesIn(pictures, [corners]);
    expect(new Set(seen).size).toBe(1);
    expect(JSON.parse(seen[0]!).length).toBeGreaterThan(5);
    expect(new Set(await facesIn(pictures, [])).size, "without the mask it would").toBeGreaterThan(1);
  }, 120_000);
});

/** A drawn class at 1280×720, as PNG, and where its heads are. */
async function drawnClass() {
  const size = { width: 1280, height: 720 };
  const world = openWorld({
    lesson: await readLesson("smoke"),
    students: 12,
    seed: 1,
    occlusion: 0,
    ...size,
  });
  const lighting = { brightness: 1, warmth: 0 };
  const painter = openPainter({ room: world.room, seed: 1, lighting, noise: 0, blur: 0, ...size });
  const moment = world.at(3);
  const { rgb } = await painter.paint(moment);
  const picture = await sharp(rgb, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
  return { picture, heads: truthOf(moment).seats.map(({ box }) => box) };
}

/** What the eye says of each picture's faces when it is shown that picture alone. */
async function facesIn(pictures: readonly Buffer[], mask: unknown[]): Promise<string[]> {
  const said: string[] = [];
  for (const [index, picture] of pictures.entries()) {
    const folder = await temporaryFolder();
    const file = path.join(folder, `${index}.png`);
    await mkdir(folder, { recursive: true });
    await writeFile(file, picture);
    const views: View[] = [];
    let ended = false;
    const setup = {
      ...eyeOptions.parse({ cameras: [{ driver: "files", name: "front", path: file, mask }] }),
      pack: prepared!.pack,
      pace: "every" as const,
    };
    const eye = await openEye(
      setup,
      {
        onView: (view) => views.push(view),
        onCamera(_, state) {
          ended ||= state === "ended";
        },
      },
      { log, clock },
    );
    onTestFinished(() => eye.close());
    await until(() => ended || undefined, 30, "the picture's end");
    await eye.close();
    said.push(
      JSON.stringify(views.map(({ faces, missing }) => ({ faces, missing })).flatMap(({ faces }) => faces)),
    );
  }
  return said;
}

describe("seats", () => {
  it("have no place in what is recorded, nor in what is kept of a room but by where they are and how heads are turned there", async () => {
    for (const [name, { key, tags, numbers, texts, open }] of Object.entries(MEASUREMENTS)) {
      const columns = [...key, ...tags, ...numbers, ...texts];
      expect(
        columns.filter((column) => /seat|track|face|person|student|name/.test(column)),
        name,
      ).toEqual([]);
      if (/focus/.test(name)) expect(open, `${name} takes no field that is not named`).toBe(false);
    }
    const learnt = learnUsual(0);
    learnt.add(
      {
        box: { x: 0.1, y: 0.1, width: 0.05, height: 0.1 },
        yaw: 5,
        pitch: -5,
        roll: 0,
        score: 1,
        eyesOpen: 1,
      },
      1,
    );
    const file = path.join(await temporaryFolder(), "calibration.json");
    await writeCalibration(file, { front: [learnt.at(1)] });
    const [place] = (JSON.parse(await readFile(file, "utf8")) as Record<string, object[]>).front!;
    expect(Object.keys(place!).sort()).toEqual(
      ["x", "y", "width", "height", "yaw", "pitch", "yawVariance", "pitchVariance", "looks"].sort(),
    );
  });
});
