import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nine, ofNodes, type WindowPayload, windowAt } from "./windows.ts";

const { watchForLastingDrops } = ofNodes("logic/drop.js");
const { watchAirAndTime } = ofNodes("logic/air.js");
const { summariseLessons } = ofNodes("logic/summary.js");
const { stateActivities } = ofNodes("logic/statements.js");

const low = { focus: 0.4, low: 0.35, high: 0.45 };
const minute = 60_000;

/** Plays windows of ten seconds: `[minutes, changes]` after each other; gives what was told, with the minute in which. */
function play(watch: (window: WindowPayload, now: number) => { kind?: string; about?: string } | null) {
  let time = nine;
  return (...parts: Array<[minutes: number, changes?: object]>) =>
    parts.flatMap(([minutes, changes]) =>
      Array.from({ length: minutes * 6 }, () => {
        time += 10_000;
        const told = watch(windowAt(time, changes), time);
        return told ? [[told.kind ?? told.about, Math.floor((time - nine) / minute)]] : [];
      }).flat(),
    );
}

describe("a drop that lasts", () => {
  it("is told once after two minutes, and when it is over", () => {
    const run = play(watchForLastingDrops());
    expect(run([5], [4, low], [2])).toEqual([
      ["drop", 7],
      ["recovered", 9],
    ]);
  });

  it("is not told when it is shorter, or chatters at the edge without ever coming back", () => {
    const run = play(watchForLastingDrops());
    expect(run([5], [1, low], [3], [1, low], [3])).toEqual([]);
    const between = { focus: 0.66, low: 0.6, high: 0.7 };
    expect(run([1, low], [0.5, between], [1, low])).toEqual([["drop", 15]]);
  });

  it("is followed by quiet, whatever happens", () => {
    const run = play(watchForLastingDrops({ minutes: 1, quietMinutes: 10 }));
    const told = run([5], [2, low], [1], [2, low], [1], [2, low], [6], [2, low]);
    expect(told.filter(([kind]) => kind === "drop")).toEqual([
      ["drop", 6],
      ["drop", 20],
    ]);
  });

  it.each(["exam", "break"])("is never told during %s", (activity) => {
    expect(play(watchForLastingDrops())([5, { activity }], [10, { activity, ...low }])).toEqual([]);
  });

  it("does not take unknown for low, and begins anew when the activity changes", () => {
    const run = play(watchForLastingDrops());
    const unknown = { focus: null, low: null, high: null, quality: "low_coverage" };
    expect(run([5], [1, low], [5, unknown], [1, low])).toEqual([]);
    expect(run([10, { activity: "group", ...low }])).toEqual([]);
  });

  it("is not told of a class by what another one did: when another lesson begins, or nobody was seen for minutes", () => {
    const art = { lesson: "Art" };
    const nobody = { focus: null, low: null, high: null, quality: "paused", ...art };
    const run = play(watchForLastingDrops());
    expect(run([20], [20, { ...art, ...low }])).toEqual([]);
    expect(run([20, art], [6, nobody], [5, { ...art, ...low }])).toEqual([]);
  });

  it("is not told from windows that waited while a broker was away, nor from one that comes twice", () => {
    const watch = watchForLastingDrops();
    for (let at = nine; at < nine + 10 * minute; at += 10_000)
      expect(watch(windowAt(at, at > nine + 5 * minute ? low : {}), nine + 60 * minute)).toBeNull();
    const again = watchForLastingDrops({ minutes: 0 });
    const twice = (window: WindowPayload, now: number) => again(window, now) ?? again(window, now);
    expect(play(twice)([5], [2, low]).map(([kind]) => kind)).toEqual(["drop"]);
  });

  it("is never told twice within the quiet period, nor over without having been told, whatever the class does", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 400 }), (course) => {
        const watch = watchForLastingDrops({ minutes: 0.5, quietMinutes: 10 });
        const told = course.flatMap((focus, i) => {
          const time = nine + i * 10_000;
          const turn = watch(windowAt(time, { focus, low: focus, high: focus }), time);
          return turn ? [{ kind: turn.kind, time }] : [];
        });
        const drops = told.filter(({ kind }) => kind === "drop");
        expect(told.map(({ kind }) => kind)).toEqual(
          told.map((_, i) => (i % 2 === 0 ? "drop" : "recovered")),
        );
        for (const [i, { time }] of drops.entries())
          if (i > 0) expect(time - drops[i - 1]!.time).toBeGreaterThanOrEqual(10 * minute);
      }),
      { numRuns: 200 },
    );
  });
});

describe("air and breaks", () => {
  const air = (watch: { hearAir(ppm: number, time: number, now: number): { text: string } | null }) => {
    let time = nine;
    return (minutes: number, ppm: number) =>
      Array.from({ length: minutes }, () => {
        time += minute;
        return watch.hearAir(ppm, time, time);
      }).filter((told) => told !== null);
  };

  it("suggests airing after three minutes above the limit, and not again within twenty", () => {
    const hear = air(watchAirAndTime());
    expect(hear(3, 1200)).toEqual([]);
    expect(hear(15, 1234)).toEqual([
      { about: "air", text: "CO₂ is at 1234 ppm: open the windows for a few minutes?" },
    ]);
    expect(hear(10, 1300)).toHaveLength(1);
  });

  it("does not chatter at the limit, and counts anew once the air was good", () => {
    const hear = air(watchAirAndTime({ quietMinutes: 0 }));
    expect([...hear(2, 1050), ...hear(2, 980)]).toEqual([]);
    expect(hear(1, 1050)).toHaveLength(1);
    expect([...hear(1, 800), ...hear(3, 1050)]).toEqual([]);
  });

  it("lets no meter by an open window speak for the one at the back", () => {
    const watch = watchAirAndTime();
    const told = Array.from({ length: 5 }, (_, i) => nine + i * minute).flatMap((time) => [
      watch.hearAir(1500, time, time, "back"),
      watch.hearAir(600, time, time, "window"),
    ]);
    expect(told.filter((it) => it !== null)).toHaveLength(1);
  });

  it("suggests a break after forty minutes of work, and not after a break was made", () => {
    const watch = watchAirAndTime();
    expect(play(watch.hearWindow)([41], [5, { activity: "break" }], [39])).toEqual([["rest", 40]]);
  });

  it("is silent in an exam", () => {
    const watch = watchAirAndTime();
    expect(play(watch.hearWindow)([60, { activity: "exam" }])).toEqual([]);
    expect(air(watch)(10, 3000)).toEqual([]);
  });
});

describe("the summary of a lesson", () => {
  const lesson = "Maths";

  it("comes when the break begins, weighed by time, with what was unknown left out", () => {
    const watch = summariseLessons();
    const summaries: object[] = [];
    play((window) => {
      const summary = watch.hear(window);
      if (summary) summaries.push(summary);
      return null;
    })(
      [20, { lesson }],
      [10, { lesson, activity: "group", focus: 0.5 }],
      [5, { lesson, activity: "group", focus: null, quality: "no_camera" }],
      [5, { activity: "break", focus: null }],
      [5, { lesson }],
    );
    expect(summaries).toEqual([
      {
        lesson,
        minutes: 35,
        focus: 0.7,
        unknownMinutes: 5,
        activities: [
          { activity: "lecture", minutes: 20, focus: 0.8 },
          { activity: "group", minutes: 15, focus: 0.5 },
        ],
        text: "Maths: 35 min, focus 70 % (lecture 20 min 80 %, group 15 min 50 %); unknown for 5 min.",
      },
    ]);
  });

  it("comes when the next lesson begins, and after a silence, and not for a few minutes", () => {
    const watch = summariseLessons();
    const texts: string[] = [];
    const run = play((window) => {
      const summary = watch.hear(window);
      if (summary) texts.push(summary.text);
      return null;
    });
    run([12, { lesson }], [15, { lesson: "Art" }]);
    expect(texts).toEqual(["Maths: 12 min, focus 80 % (lecture 12 min 80 %)."]);
    expect(watch.rest(nine + 30 * minute)).toBeNull();
    expect(watch.rest(nine + 40 * minute)).toMatchObject({ lesson: "Art", minutes: 15 });
    run([9, { lesson: "Music" }], [1, { lesson: "Art" }]);
    expect(texts).toHaveLength(1);
  });

  it("ends with the lesson though the room goes on saying that nobody looks, all night, and takes a short pause for unknown", () => {
    const watch = summariseLessons();
    const texts: string[] = [];
    const run = play((window, now) => {
      const summary = watch.hear(window) ?? watch.rest(now);
      if (summary) texts.push(summary.text);
      return null;
    });
    const paused = { focus: null, low: null, high: null, quality: "paused" };
    // Named by the timetable, which takes the name back; then named by nobody.
    run([20, { lesson }], [5, { lesson, ...paused }], [20, { lesson }], [1, paused]);
    expect(texts).toEqual(["Maths: 45 min, focus 80 % (lecture 45 min 80 %); unknown for 5 min."]);
    run([14 * 60, paused], [45], [11, paused]);
    expect(texts.slice(1)).toEqual(["45 min, focus 80 % (lecture 45 min 80 %)."]);
    run([14 * 60, paused], [20]);
    expect(texts).toHaveLength(2);
  });

  it("ends when the class has gone, in a room without a timetable too, where an empty room is watched all night", () => {
    const watch = summariseLessons();
    const texts: string[] = [];
    const empty = { focus: null, low: null, high: null, quality: "suppressed" };
    play((window, now) => {
      const summary = watch.hear(window) ?? watch.rest(now);
      if (summary) texts.push(summary.text);
      return null;
    })([20], [5, empty], [20], [14 * 60, empty], [40], [11, empty]);
    expect(texts).toEqual([
      "45 min, focus 80 % (lecture 45 min 80 %); unknown for 5 min.",
      "40 min, focus 80 % (lecture 40 min 80 %).",
    ]);
  });

  it("ends with the lesson though what the class did is taken back in that moment, and is of no other lesson", () => {
    const watch = summariseLessons();
    const texts: string[] = [];
    const paused = { focus: null, low: null, high: null, quality: "paused" };
    play((window, now) => {
      const summary = watch.hear(window) ?? watch.rest(now);
      if (summary) texts.push(summary.text);
      return null;
    })([15], [30, { activity: "group" }], [14 * 60, paused], [40, { activity: "exam" }], [11, paused]);
    expect(texts).toEqual([
      "45 min, focus 80 % (lecture 15 min 80 %, group 30 min 80 %).",
      "40 min, focus 80 % (exam 40 min 80 %).",
    ]);
  });

  it("fits into what the teacher is told at once, whatever the lesson is called", () => {
    const watch = summariseLessons({ minimumMinutes: 0 });
    for (const [i, activity] of ["lecture", "seatwork", "group", "exam"].entries())
      watch.hear(windowAt(nine + i * 10_000, { lesson: "x".repeat(80), activity }));
    expect(watch.rest(nine + 60 * minute).text.length).toBeLessThanOrEqual(160);
  });
});

describe("xAPI statements", () => {
  const room = { homePage: "https://school.example/", site: "riverside", room: "room-12" };

  it("say what a room did, and nothing about a learner", () => {
    const watch = stateActivities(room);
    for (let at = nine; at <= nine + 10 * minute; at += 10_000)
      watch.hear(windowAt(at, { lesson: "Maths", heads: 22, targets: { board: 1 } }));
    const statement = watch.hear(windowAt(nine + 11 * minute, { activity: "break" }));
    expect(statement).toMatchObject({
      actor: {
        objectType: "Group",
        name: "room-12",
        account: { homePage: "https://school.example/", name: "riverside/room-12" },
      },
      verb: { id: "http://adlnet.gov/expapi/verbs/experienced" },
      object: { id: "https://school.example/focus-gateway/activity/lecture" },
      result: { duration: "PT610S" },
    });
    expect(Object.keys(statement.actor)).not.toContain("member");
    expect(statement.result.extensions["https://school.example/focus-gateway/extension/focus"]).toBe(0.8);
    expect(JSON.stringify(statement)).not.toContain("heads");
  });

  it("leave out what is unknown, and what lasted less than a minute", () => {
    const watch = stateActivities(room);
    const unknown = { focus: null, low: null, high: null, quality: "no_camera" };
    for (let at = nine; at <= nine + 2 * minute; at += 10_000) watch.hear(windowAt(at, unknown));
    const { result } = watch.hear(windowAt(nine + 3 * minute, { activity: "group" }));
    expect(Object.keys(result.extensions)).toEqual([
      "https://school.example/focus-gateway/extension/unknown-minutes",
    ]);
    expect(watch.hear(windowAt(nine + 4 * minute, { activity: "exam" }))).toBeNull();
  });
});
