import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Eye } from "../gateway/eye/eye.ts";
import { type Holder, type Objection, openShutter } from "../gateway/shutter.ts";

const dark: Objection = { by: "indicator", because: "no such light" };

/** What happens to a shutter's surroundings, in order. `minds`: who objects to its being opened. */
function surroundings(minds: Objection | null = null) {
  const happened: string[] = [];
  const world = { minds, whileOpening: async () => {} };
  let cameras = false;
  let lit = false;
  const step = (what: string) =>
    new Promise<void>((resolve) => setImmediate(() => resolve(void happened.push(what))));
  const eye = {
    async resume() {
      expect(lit, "the light is on before a camera opens").toBe(true);
      cameras = true;
      await step("open");
    },
    async pause() {
      await step("shut");
      cameras = false;
    },
  } as unknown as Eye;
  const shutter = openShutter({
    async opening() {
      const objection = world.minds;
      await world.whileOpening();
      lit = objection === null;
      return objection;
    },
    async closed(by, because) {
      expect(cameras, "the light goes out after the last camera").toBe(false);
      lit = false;
      happened.push(`closed by ${by}: ${because}`);
    },
    pause: (paused) => void happened.push(paused ? "uncounted" : "counted"),
  });
  return { world, shutter, eye, happened, seen: () => ({ cameras, lit }) };
}

describe("the shutter", () => {
  it("opens when the eye is up and nobody holds it, and counts only then", async () => {
    const { shutter, eye, happened } = surroundings();
    await shutter.attach(eye);
    expect(happened).toEqual(["counted", "open", "counted"]);
  });

  it("never opens for an eye that comes up while somebody holds it", async () => {
    const { shutter, eye, happened, seen } = surroundings();
    await shutter.hold("timetable", "no lesson");
    await shutter.attach(eye);
    expect(seen()).toEqual({ cameras: false, lit: false });
    expect(happened).not.toContain("open");
    await shutter.release("timetable");
    expect(seen()).toEqual({ cameras: true, lit: true });
  });

  it("stops counting at once, before the cameras have closed", async () => {
    const { shutter, eye, happened } = surroundings();
    await shutter.attach(eye);
    happened.length = 0;
    const held = shutter.hold("teacher", "pause");
    expect(happened).toEqual(["uncounted"]);
    await held;
    expect(happened).toEqual(["uncounted", "shut", "closed by teacher: pause"]);
  });

  it("keeps the cameras shut while the light does not shine, names it among the holders, and tries again", async () => {
    const { world, shutter, eye, seen, happened } = surroundings(dark);
    await shutter.attach(eye);
    expect(seen()).toEqual({ cameras: false, lit: false });
    expect([...shutter.holders]).toEqual([["indicator", "no such light"]]);
    expect(happened.at(-1)).toBe("uncounted");
    await shutter.retry();
    expect([...shutter.holders.keys()]).toEqual(["indicator"]);
    world.minds = null;
    await shutter.retry();
    expect(shutter.holders.size).toBe(0);
    expect(seen()).toEqual({ cameras: true, lit: true });
    expect(happened.at(-1)).toBe("counted");
  });

  it("does not try again while somebody else holds it", async () => {
    const { world, shutter, eye, seen } = surroundings(dark);
    await shutter.hold("teacher", "pause");
    await shutter.attach(eye);
    world.minds = null;
    await shutter.object(dark);
    await shutter.retry();
    expect([...shutter.holders.keys()]).toEqual(["teacher", "indicator"]);
    await shutter.release("teacher");
    expect(seen()).toEqual({ cameras: true, lit: true });
  });

  it("closes when the light goes out, and opens once it shines again", async () => {
    const { shutter, eye, seen, happened } = surroundings();
    await shutter.attach(eye);
    happened.length = 0;
    await shutter.object({ by: "indicator", because: "it went out" });
    expect(happened).toEqual(["uncounted", "shut", "closed by indicator: it went out"]);
    expect(seen()).toEqual({ cameras: false, lit: false });
    await shutter.retry();
    expect(seen()).toEqual({ cameras: true, lit: true });
  });

  it("closes for good before the eye goes, and says that nobody held it", async () => {
    const { shutter, eye, seen, happened } = surroundings();
    await shutter.attach(eye);
    happened.length = 0;
    await shutter.detach("the end");
    await shutter.retry();
    await shutter.detach("the end, again");
    expect(happened).toEqual(["shut", "closed by null: the end"]);
    expect(seen()).toEqual({ cameras: false, lit: false });
  });

  it.each(["a light that goes out", "a teacher's pause"])(
    "opens no camera when %s comes while it is opening",
    async (what) => {
      const { world, shutter, eye, happened, seen } = surroundings();
      let done: Promise<void> | undefined;
      world.whileOpening = async () => {
        world.whileOpening = async () => {};
        done = what.startsWith("a light") ? shutter.object(dark) : shutter.hold("teacher", "pause");
      };
      await shutter.attach(eye);
      await done;
      expect(happened).not.toContain("open");
      expect(seen()).toEqual({ cameras: false, lit: false });
      expect(shutter.holders.size).toBe(1);
    },
  );

  it("keeps the cameras shut when somebody minds at the last moment", async () => {
    const { shutter, eye, happened, seen } = surroundings({ by: "timetable", because: "the lesson is over" });
    await shutter.attach(eye);
    expect(seen().cameras).toBe(false);
    expect([...shutter.holders.keys()]).toEqual(["timetable"]);
    expect(happened.at(-1)).toBe("uncounted");
  });

  it("is open in the end exactly when nobody holds it, whoever came and went in whatever order", async () => {
    const who = fc.constantFrom<Holder>("teacher", "timetable", "profile");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(who, fc.boolean(), fc.nat(3)), { maxLength: 20 }), async (moves) => {
        const { shutter, eye, seen, happened } = surroundings();
        const done = [shutter.attach(eye)];
        const holding = new Set<Holder>();
        for (const [holder, holds, later] of moves) {
          for (let turn = 0; turn < later; turn += 1) await new Promise(setImmediate);
          done.push(holds ? shutter.hold(holder, "because") : shutter.release(holder));
          if (holds) holding.add(holder);
          else holding.delete(holder);
        }
        await Promise.all(done);
        const open = holding.size === 0;
        expect(seen()).toEqual({ cameras: open, lit: open });
        expect(shutter.open).toBe(open);
        const counted = happened.filter((what) => what.endsWith("counted")).at(-1);
        expect(counted).toBe(open ? "counted" : "uncounted");
      }),
    );
  });
});
