import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { filmLesson } from "../../gateway/eye/simulate/film.ts";
import { readLesson } from "../../gateway/eye/simulate/lesson.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { preparedForTests } from "../models/prepared.ts";
import { temporaryFolder } from "../support/places.ts";
import { childProcesses, commandLine } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";
import { makeMark } from "./mark.ts";
import { findMark, findMarkInFiles, findMarkInMemory } from "./search.ts";

const prepared = await preparedForTests();

describe("the mark that is searched for", () => {
  const mark = makeMark();
  const plain = sharp({ create: { width: 640, height: 360, channels: 3, background: "#8899aa" } });

  it("is found raw, in base64, as PNG and as JPEG, whole and made smaller", async () => {
    const marked = await mark.burnInto(await plain.png().toBuffer());
    const raw = await sharp(marked).raw().toBuffer();
    expect(await findMark(mark, raw)).not.toEqual([]);
    expect(await findMark(mark, Buffer.from(`{"picture":"${raw.toString("base64")}"}`))).not.toEqual([]);
    for (const smaller of [1, 2, 4, 8]) {
      const resized = sharp(marked).resize(640 / smaller);
      const around = (picture: Buffer) =>
        Buffer.concat([Buffer.from("before"), picture, Buffer.from("after")]);
      expect(
        await findMark(mark, around(await resized.clone().png().toBuffer())),
        `PNG, 1/${smaller}`,
      ).not.toEqual([]);
      expect(
        await findMark(mark, around(await resized.clone().jpeg({ quality: 60 }).toBuffer())),
        `JPEG, 1/${smaller}`,
      ).not.toEqual([]);
    }
  });

  it("is not found in a picture that does not bear it", async () => {
    expect(await findMark(mark, await plain.clone().png().toBuffer())).toEqual([]);
    expect(await findMark(mark, await makeMark().burnInto(await plain.clone().jpeg().toBuffer()))).toEqual(
      [],
    );
  });
});

describe.skipIf(!prepared)("a camera that sees a canary (skipped without the model pack)", () => {
  it("shows it to the eye and to nobody else: not in MQTT, HTTP, files, logs, nor in another process's memory", async () => {
    const mark = makeMark();
    const pictures = await filmWith(mark);
    const room = await layRoom(prepared!, ({ live }) => ({
      cameras: [{ driver: "files", name: "front", path: pictures }],
      show: { live: { port: live }, health: { enabled: false } },
    }));
    const gateway = await startGateway(room.config);
    const heard: Buffer[] = [];
    const connection = connectMqtt(
      { url: `mqtt://127.0.0.1:${room.ports.broker}`, clientId: "searcher", cleanSession: true },
      createLogger("error"),
    );
    try {
      connection.onMessage(async (topic, payload) => void heard.push(Buffer.from(`${topic} `), payload));
      await connection.subscribe("#");
      await until(
        () => heard.find((bytes) => bytes.includes('"quality":"ok"')),
        45,
        "a window about what the camera sees",
      );
      const page = await fetch(`http://127.0.0.1:${room.ports.live}/live`, { redirect: "follow" });
      heard.push(Buffer.from(await page.arrayBuffer()));

      const children = childProcesses(gateway.child.pid!);
      const eye = children.find((pid) => commandLine(pid).includes("eye/main.js"))!;
      const others = [gateway.child.pid!, ...children.filter((pid) => pid !== eye)];
      expect(others.length, "the gateway and Node-RED").toBeGreaterThanOrEqual(2);
      expect(await findMarkInMemory(mark, eye), "what the search finds where the mark must be").not.toEqual(
        [],
      );
      for (const pid of others) expect(await findMarkInMemory(mark, pid), commandLine(pid)).toEqual([]);
    } finally {
      await connection.close();
      await endGateway(gateway);
    }
    expect(await findMark(mark, Buffer.concat(heard))).toEqual([]);
    expect(await findMark(mark, Buffer.from(gateway.out() + gateway.err()))).toEqual([]);
    expect(await findMarkInFiles(mark, room.data)).toEqual([]);
  }, 150_000);
});

/** A few seconds of a drawn class, each picture with the mark in its corner, without loss. */
async function filmWith(mark: ReturnType<typeof makeMark>): Promise<string> {
  const drawn = await temporaryFolder();
  const marked = path.join(await temporaryFolder(), "marked");
  const lesson = await readLesson("smoke");
  const { frames } = await filmLesson({
    lesson,
    folder: path.join(drawn, "film"),
    students: 12,
    framesPerSecond: 0.5,
  });
  await mkdir(marked);
  for (let frame = 1; frame <= Math.min(frames, 6); frame += 1) {
    const name = `frame-${String(frame).padStart(6, "0")}`;
    const picture = await sharp(path.join(drawn, "film", `${name}.jpg`)).toBuffer();
    await writeFile(path.join(marked, `${name}.png`), await mark.burnInto(picture));
  }
  return marked;
}
