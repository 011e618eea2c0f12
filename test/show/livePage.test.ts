import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { readPage, readWords, type Words } from "../../gateway/show/nodered/page.ts";
import { CAMERA_STATES, QUALITIES } from "../../gateway/terms.ts";
import {
  ACTIVITY_LOOKS,
  AIR_BANDS,
  CAMERA_LOOKS,
  COLOURS,
  IDEAS,
  NOISE_BANDS,
  SENSOR_LOOKS,
  TARGET_LOOKS,
} from "../../provisioning/look.ts";

const folder = path.join(packageRoot, "flows", "live");
const words = await readWords(folder);
const en = words.en!;
const wordsOf = (looks: Readonly<Record<string, { readonly word: string }>>) =>
  Object.fromEntries(Object.entries(looks).map(([key, { word }]) => [key, word]));

/** Every text in a table by its path, `unknown.paused.0`. */
function texts(table: unknown, at = ""): Array<[string, string]> {
  if (typeof table === "string") return [[at, table]];
  return Object.entries(table as Words).flatMap(([key, inner]) => texts(inner, at ? `${at}.${key}` : key));
}
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("the languages of the live page", () => {
  it("are English and Chinese, and named in themselves", () => {
    expect(words).toMatchObject({ en: { language: "English" }, zh: { language: "中文" } });
  });

  it.each(Object.keys(words))(
    "%s has every text that English has, none is empty, and each fills in the same",
    (key) => {
      const mine = new Map(texts(words[key]));
      expect([...mine.keys()].sort()).toEqual(
        texts(en)
          .map(([at]) => at)
          .sort(),
      );
      expect([...mine].filter(([, text]) => text.trim() === "")).toEqual([]);
      for (const [at, text] of texts(en))
        expect([at, placeholders(mine.get(at)!)]).toEqual([at, placeholders(text)]);
    },
  );

  it("have words for every camera's state and every reason why nothing is known", () => {
    expect(Object.keys(en.cameras!).sort()).toEqual([...CAMERA_STATES].sort());
    for (const quality of QUALITIES.filter((it) => it !== "ok")) expect(en.unknown).toHaveProperty(quality);
  });
});

describe("the live page and the Grafana panels", () => {
  it("have the same words", () => {
    expect(en.targets).toEqual(wordsOf(TARGET_LOOKS));
    expect(en.activities).toEqual(wordsOf(ACTIVITY_LOOKS));
    expect(en.cameras).toEqual(wordsOf(CAMERA_LOOKS));
    expect(en.sensors).toEqual(wordsOf(SENSOR_LOOKS));
    expect(en.ideas).toEqual(IDEAS.map(([, text]) => text));
    expect((en.bands as Words).co2).toEqual(AIR_BANDS.map(([, text]) => text));
    expect((en.bands as Words).noise).toEqual(NOISE_BANDS.map(([, text]) => text));
  });

  it("have the same colours", async () => {
    const css = await readFile(path.join(folder, "page.css"), "utf8");
    // The first of each name: those for a dark screen come later.
    const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)?.[1];
    for (const [name, look] of Object.entries({ ...TARGET_LOOKS, ...ACTIVITY_LOOKS }))
      expect([name, colour(name)]).toEqual([name, look.colour]);
    const { focus, calm, mild, strong, quiet, unknown } = COLOURS;
    for (const [name, its] of Object.entries({ focus, calm, mild, strong, quiet, none: unknown }))
      expect([name, colour(name)]).toEqual([name, its]);
  });

  it("change their words for air and noise at the same steps, in the same colours", async () => {
    const file = path.join(folder, "air.js");
    const { air } = (await import(file)) as {
      air: { bandsOf(quantity: string): ReadonlyArray<readonly [number, keyof typeof COLOURS]> };
    };
    const steps = (quantity: string) => air.bandsOf(quantity).map(([from, name]) => [from, COLOURS[name]]);
    expect(steps("co2")).toEqual(AIR_BANDS.map(([from, , colour]) => [from, colour]));
    expect(steps("noise")).toEqual(NOISE_BANDS.map(([from, , colour]) => [from, colour]));
  });
});

describe("what the live page works out", () => {
  const minute = 60_000;
  const said = (...lessons: Array<string | null>) =>
    lessons.map((lesson, index) => ({ lesson, time: index * minute, focus: 0.8 }));

  it.each([
    ["another lesson's name", said("Maths", "Maths", "Bio", "Bio"), 2],
    ["nothing, without names", said(null, null, null), 0],
    ["no start in its middle, of which the first window has no name", said("Bio", null, "Bio"), 0],
    ["the break before it", said("Maths", null, "Bio", "Bio"), 2],
    ["nothing, when it has just ended", said("Maths", "Maths", null), 0],
    ["a long silence", said("Bio", "Bio", "Bio").map((point, i) => ({ ...point, time: i * 21 * minute })), 2],
  ])("goes back over the lesson to %s", async (_, points, first) => {
    const { course } = await import(path.join(folder, "chart.js"));
    expect(course.lessonCourse.call({ course: points })).toEqual(points.slice(first));
    expect(course.lessonCourse.call({ course: [] })).toEqual([]);
  });

  it("takes a window that waited on disk for the class then, and not for the class now", async () => {
    const { hearing } = await import(path.join(folder, "hear.js"));
    const page = {
      ...{ ...hearing, course: [], window: null, heard: null, told: { activity: "group", paused: null } },
      ...{ isAsked: () => false, asked: null, paused: false },
    };
    const hear = (time: number, focus: number) =>
      page.hear_focus({
        window: { time: new Date(time).toISOString(), focus },
        point: { time, focus },
        heard: 9 * minute,
        why: {},
      });
    hear(2 * minute, 0.8);
    expect(page.told.activity).toBeNull();
    page.told = { activity: "exam", paused: null };
    hear(minute, 0.2);
    expect(page).toMatchObject({ window: { focus: 0.8 }, told: { activity: "exam" } });
    expect(page.course).toEqual([
      { time: minute, focus: 0.2 },
      { time: 2 * minute, focus: 0.8 },
    ]);
  });

  it("keeps the notes of marks apart: a line higher where two would meet, shortened, and never over another's flag", async () => {
    const { flags } = await import(path.join(folder, "flags.js"));
    const page = { ...flags, rem: 16 };
    const mark = (time: number, text: string) => ({ kind: "mark", time, text });
    const place = (events: object[], width = 900, inner = 100) =>
      page.placed(events, (time: number) => time, { width, top: 32, inner });
    const foot = 32 + 100 - 7;
    const long = "a long note, with all that a teacher has to say about the experiment";

    // Far apart: both at the foot. Close together: the first would run over the second's flag, and goes up.
    expect(place([mark(100, "first"), mark(500, "second")])).toMatchObject([{ y: foot }, { y: foot }]);
    const [first, second] = place([mark(100, "experiment starts"), mark(160, "second")]);
    expect(first.y).toBeLessThan(second.y);
    expect(second.y).toBe(foot);
    // Near the right edge it reads to the left, and is cut to a third of the chart; what it says whole is at the flag.
    const [late] = place([mark(880, long)]);
    expect(late).toMatchObject({ anchor: "end", said: long });
    expect(late.text).toMatch(/^a long note.*…$/);
    expect(page.lengthOf(late.text)).toBeLessThanOrEqual(300);
    // Where there is no line left, the flag stands alone; no two texts are on the same place.
    const many = place(Array.from({ length: 8 }, (_, n) => mark(100 + n * 15, `note ${n}`)));
    const shown = many.filter(({ text }: { text: string }) => text);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.length).toBeLessThan(8);
    const boxes = shown.map(({ textX, text, y }: { textX: number; text: string; y: number }) => ({
      ...{ y, from: textX, to: textX + page.lengthOf(text) },
    }));
    for (const [index, box] of boxes.entries())
      for (const other of boxes.slice(index + 1))
        expect(box.y !== other.y || box.to < other.from || other.to < box.from).toBe(true);
    // A mark without a note, a drop and a recovery have no text.
    const kinds = [mark(1, "mark"), { kind: "focus_drop", time: 2 }, { kind: "focus_recovered", time: 3 }];
    expect(place(kinds).map(({ text }: { text: string }) => text)).toEqual(["", "", ""]);
  });

  it("cuts off no note of a mark at the edge of a phone's chart, wherever the mark is", async () => {
    const { flags } = await import(path.join(folder, "flags.js"));
    const page = { ...flags, rem: 16 };
    for (const width of [260, 330, 390])
      for (let at = 58; at < width - 26; at += 1) {
        const event = { kind: "mark", time: at, text: "the experiment starts, in groups of three" };
        const [{ text, textX, anchor }] = page.placed([event], () => at, { width, top: 32, inner: 100 });
        const length = page.lengthOf(text);
        expect(anchor === "end" ? textX - length : width - textX - length).toBeGreaterThanOrEqual(0);
      }
  });

  it("draws no line through what is unknown, and a known window between two gaps as a dot", async () => {
    const { axis, course } = await import(path.join(folder, "chart.js"));
    const { flags } = await import(path.join(folder, "flags.js"));
    const { speech } = await import(path.join(folder, "words.js"));
    const known = [0.8, null, 0.6, null, 0.7, 0.9];
    const points = known.map((focus, index) => ({
      ...{ time: index * minute, seconds: 60, activity: "lecture", lesson: null, focus },
      ...{ low: focus && focus - 0.1, high: focus && focus + 0.1, quality: focus ? "ok" : "paused" },
    }));
    const page = {
      ...{ ...axis, ...flags, ...speech, lessonCourse: points, events: [], words: en, now: 5 * minute },
      ...{ width: 900, height: 160, rem: 16, silent: false, view: { live: true } },
    };
    const { pieces, gaps, tip } = course.chart.call(page);
    expect(pieces.map(({ from }: { from: number }) => from / minute)).toEqual([0, 2, 4]);
    // At least from one place to another, if it is the same: of a line that only begins, nothing is drawn.
    for (const { line } of pieces) expect(line).toMatch(/^M[\d.,]+(L[\d.,]+)+$/);
    expect(gaps.map(({ reason }: { reason: string }) => reason)).toEqual(["paused", "paused"]);
    expect(tip).not.toBeNull();
    expect(course.chart.call({ ...page, view: { live: false } }).tip).toBeNull();
  });

  it.each([
    [0.8, 0.8, 2],
    [0.8, 0.5, null],
    [0.5, 0.6, 1],
    [0.5, 0.9, null],
    [0.3, 0.2, 0],
  ])(
    "has an idea by the last minutes, %d, but none beside a number that says otherwise, %d",
    async (mean, focus, idea) => {
      const { view } = await import(path.join(folder, "view.js"));
      const page = {
        activity: "lecture",
        now: 3 * minute,
        lessonCourse: said(null, null, null).map((point) => ({ ...point, focus: mean })),
        window: { focus },
        words: { ideas: ["0", "1", "2"] },
      };
      expect(view.idea.call(page)).toBe(idea === null ? "" : String(idea));
    },
  );
});

describe("putting the page together", () => {
  it("leaves no import and no spread of one in its script, for the browser knows neither", async () => {
    const [, script = ""] = /<script>\n([\s\S]*)<\/script>/.exec(await readPage(folder, "page")) ?? [];
    expect(script).toMatch(/^\s*(\/\*\*[\s\S]*?\*\/\s*)?export default \{/);
    expect(script).not.toMatch(/^import |\.\.\.(view|air|comfort|course|axis|flags|because),/m);
    expect(script).toContain("课间");
  });

  it("says which part is missing", async () => {
    await expect(readPage(folder, "nothing")).rejects.toThrow("nothing");
  });
});
