import { z } from "zod";
import type { Frame } from "../../../terms.ts";
import { type Lesson, readLesson } from "../../simulate/lesson.ts";
import { openPainter, type Painter } from "../../simulate/painter.ts";
import { MOST_STUDENTS } from "../../simulate/room.ts";
import { openWorld, type World } from "../../simulate/world.ts";
import { cameraDriver } from "../camera.ts";

const lighting = z.strictObject({
  brightness: z.number().min(0.1).max(2).default(1).describe("1 is a bright day, 0.4 a dim room."),
  warmth: z.number().min(-1).max(1).default(0).describe("-1 is an overcast blue, 1 the yellow of old lamps."),
});

const options = z.strictObject({
  driver: z.literal("simulated"),
  lesson: z
    .string()
    .default("demo")
    .describe("A lesson that comes along, by its name, or the path of a lesson file."),
  students: z.int().min(1).max(MOST_STUDENTS).default(24).describe("How many students sit in the room."),
  seed: z.int().min(0).default(1).describe("The same number gives the same class and the same lesson."),
  width: z.int().min(160).max(3840).default(1280).describe("Pixels across."),
  height: z.int().min(120).max(2160).default(720).describe("Pixels down."),
  framesPerSecond: z.number().min(0.1).max(30).default(2).describe("Pictures a second."),
  speed: z.number().min(0.1).max(60).default(1).describe("Seconds of the lesson that pass in a second."),
  loop: z.boolean().default(true).describe("Begins again when the lesson is over, with the same class."),
  lighting: lighting.default({ brightness: 1, warmth: 0 }).describe("The light in the room."),
  blur: z.number().min(0).max(10).default(0).describe("Softness in pixels (standard deviation); 0 is sharp."),
  noise: z.number().min(0).max(60).default(0).describe("Noise in grey levels (standard deviation)."),
  occlusion: z.number().min(0).max(1).default(0).describe("Share of the class with a hand before the face."),
});

/** A drawn classroom that plays a lesson. A picture is drawn when it is asked for, so one that nobody wants costs nothing. */
export const simulated = cameraDriver({
  pictures: "drawn",
  options,
  async open(wanted, { name, clock, pace }) {
    const lesson = await readLesson(wanted.lesson);
    const stage = openStage(lesson, wanted);
    // The empty room, bodies and desks are drawn now, so that the first frames come no later than the others.
    await stage.frame(0);
    const closing = new AbortController();
    const loop = wanted.loop && pace === "live";
    const step = 1000 / wanted.framesPerSecond;
    const opened = { now: clock.now(), elapsed: clock.elapsed() };
    let sequence = -1;

    return {
      async next() {
        if (pace === "every") sequence += 1;
        else {
          // The latest that is due; one that was handed out is waited past.
          sequence = Math.max(sequence + 1, Math.floor((clock.elapsed() - opened.elapsed) / step));
          await clock.sleep(opened.elapsed + sequence * step - clock.elapsed(), closing.signal);
        }
        if (closing.signal.aborted) return null;
        const second = (sequence * step * wanted.speed) / 1000;
        if (!loop && second >= stage.seconds) return null;
        const time = pace === "live" ? clock.now() : opened.now + sequence * step;
        const frame = await stage.frame(second);
        return closing.signal.aborted ? null : { camera: name, sequence, time, ...frame };
      },
      async close() {
        closing.abort();
      },
    };
  },
});

/** The lesson over and over: the same room and class, another course of events each time. */
function openStage(lesson: Lesson, wanted: z.output<typeof options>) {
  const { seed } = wanted;
  const worldOf = (round: number): World => openWorld({ ...wanted, lesson, seed: seed + round });
  let round = 0;
  let world = worldOf(round);
  const painter: Painter = openPainter({ ...wanted, room: world.room });
  return {
    seconds: world.seconds,
    async frame(second: number): Promise<Omit<Frame, "camera" | "sequence" | "time">> {
      const now = Math.floor(second / world.seconds);
      if (now !== round) {
        round = now;
        world = worldOf(round);
      }
      const moment = world.at(second - round * world.seconds);
      const { activity, airing } = moment;
      const cue = { activity, lesson: lesson.title, airing };
      return { ...(await painter.paint(moment)), cue };
    },
  };
}
