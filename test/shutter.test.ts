import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Eye } from "../gateway/eye/eye.ts";
import { type Holder, openShutter } from "../gateway/shutter.ts";

/** What happens to a shutter's surroundings, in order. */
function surroundings(light: "works" | "broken" | "not allowed" = "works") {
  const happened: string[] = [];
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
      if (light === "broken") throw new Error("no such light");
      lit = light === "works";
      return lit;
    },
    async closed(by, because) {
      expect(cameras, "the light goes out after the last camera").toBe(false);
      lit = false;
      happened.push(`closed by ${by}: ${because}`);
    },
    pause: (paused) => void happened.push(paused ? "uncounted" : "counted"),
  });
  return { shutter, eye, happened, seen: () => ({ cameras, lit }) };
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

  it("keeps the cameras shut when the light does not shine", async () => {
    const { shutter, eye, seen } = surroundings("broken");
    await expect(shutter.attach(eye)).rejects.toThrow("no such light");
    expect(seen().cameras).toBe(false);
    expect(shutter.open).toBe(false);
  });

  it("keeps the cameras shut when somebody minds at the last moment", async () => {
    const { shutter, eye, happened, seen } = surroundings("not allowed");
    await shutter.attach(eye);
    expect(seen().cameras).toBe(false);
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
