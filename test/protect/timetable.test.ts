import { rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lessonsIn } from "../../gateway/protect/calendar.ts";
import { openPermissions, privacyOptions } from "../../gateway/protect/permission.ts";
import { openTimetable, timetableOptions } from "../../gateway/protect/timetable.ts";
import { epochOf } from "../../gateway/protect/wallTime.ts";
import { temporaryFolder } from "../support/places.ts";

const calendar = (...events: string[]) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//school//plan//EN", ...events, "END:VCALENDAR", ""].join(
    "\r\n",
  );
let events = 0;
const event = (...lines: string[]) =>
  ["BEGIN:VEVENT", `UID:${events++}@school`, "DTSTAMP:20260901T000000Z", ...lines, "END:VEVENT"].join("\r\n");

/** Tuesday 24 November 2026, UTC. */
const tuesday = (hour: number, minute = 0) => Date.UTC(2026, 10, 24, hour, minute);
const DAY = { from: tuesday(0), to: tuesday(24) };

describe("a timetable", () => {
  it("has the lessons of the day, in their order", () => {
    const text = calendar(
      event("DTSTART:20261124T100000Z", "DTEND:20261124T104500Z", "SUMMARY:Physics"),
      event("DTSTART:20261124T080000Z", "DURATION:PT45M", "SUMMARY:Maths"),
      event("DTSTART:20261125T080000Z", "DTEND:20261125T084500Z", "SUMMARY:Tomorrow"),
    );
    expect(lessonsIn(text, DAY)).toEqual([
      { start: tuesday(8), end: tuesday(8, 45), summary: "Maths" },
      { start: tuesday(10), end: tuesday(10, 45), summary: "Physics" },
    ]);
  });

  it("follows weekly repeats, leaves out what was excepted, and moves what was moved", () => {
    const uid = "UID:weekly@school";
    const weekly = [
      "BEGIN:VEVENT",
      uid,
      "DTSTAMP:20260901T000000Z",
      "DTSTART:20260901T080000Z",
      "DTEND:20260901T084500Z",
      "RRULE:FREQ=WEEKLY;BYDAY=TU",
      "EXDATE:20261117T080000Z",
      "END:VEVENT",
      "BEGIN:VEVENT",
      uid,
      "DTSTAMP:20260901T000000Z",
      "RECURRENCE-ID:20261124T080000Z",
      "DTSTART:20261124T130000Z",
      "DTEND:20261124T134500Z",
      "END:VEVENT",
    ].join("\r\n");
    const starts = lessonsIn(calendar(weekly), { from: Date.UTC(2026, 10, 10), to: Date.UTC(2026, 11, 2) });
    expect(starts.map(({ start }) => new Date(start).toISOString().slice(0, 16))).toEqual([
      "2026-11-10T08:00",
      "2026-11-24T13:00",
      "2026-12-01T08:00",
    ]);
  });

  it("keeps the wall's time when summer time ends, in a zone that the file names but does not define", () => {
    const text = calendar(
      event(
        "DTSTART;TZID=Europe/Berlin:20261020T080000",
        "DTEND;TZID=Europe/Berlin:20261020T084500",
        "RRULE:FREQ=WEEKLY",
      ),
    );
    const starts = lessonsIn(text, { from: Date.UTC(2026, 9, 19), to: Date.UTC(2026, 9, 29) });
    expect(starts.map(({ start }) => new Date(start).toISOString().slice(0, 16))).toEqual([
      "2026-10-20T06:00",
      "2026-10-27T07:00",
    ]);
  });

  it("opens no camera for a holiday that lasts all day, nor for a lesson that was cancelled or is in another room", () => {
    const text = calendar(
      event("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261125", "SUMMARY:Holiday"),
      event("DTSTART:20261124T080000Z", "DURATION:PT45M", "STATUS:CANCELLED", "LOCATION:12"),
      event("DTSTART:20261124T090000Z", "DURATION:PT45M", "LOCATION:13"),
      event("DTSTART:20261124T100000Z", "DURATION:PT45M", "LOCATION:12"),
    );
    expect(lessonsIn(text, { ...DAY, location: "12" }).map(({ start }) => start)).toEqual([tuesday(10)]);
  });

  it("lets an exception change the lesson that it is made for, and none that another room has at that time", () => {
    const weekly = (uid: string, location: string) => [
      `UID:${uid}`,
      "DTSTART:20260901T080000Z",
      "DURATION:PT45M",
      "RRULE:FREQ=WEEKLY",
      `LOCATION:${location}`,
    ];
    const exception = (...lines: string[]) =>
      event("RECURRENCE-ID:20261124T080000Z", "DTSTART:20261124T080000Z", "DURATION:PT45M", ...lines);
    const text = calendar(
      event(...weekly("a", "11")),
      event(...weekly("b", "12")),
      event(...weekly("c", "13")),
      exception("UID:b", "LOCATION:12", "STATUS:CANCELLED"),
      exception("UID:c", "LOCATION:14"),
    ).replaceAll(/UID:\d+@school\r\n/g, "");
    const startsIn = (location: string) => lessonsIn(text, { ...DAY, location }).map(({ start }) => start);
    expect(["11", "12", "13", "14"].map(startsIn)).toEqual([[tuesday(8)], [], [], [tuesday(8)]]);
  });

  it.each([
    ["UTC", "DTSTART:20260901T080000Z"],
    ["New York's", "DTSTART;TZID=America/New_York:20260901T040000"],
  ])("takes a lesson in %s time for cancelled though that is said in another zone", (_, start) => {
    const off = "RECURRENCE-ID;TZID=Europe/Berlin:20261006T100000";
    const text = calendar(
      event("UID:z", start, "DURATION:PT45M", "RRULE:FREQ=WEEKLY"),
      event("UID:z", off, "DTSTART;TZID=Europe/Berlin:20261006T100000", "DURATION:PT45M", "STATUS:CANCELLED"),
    ).replaceAll(/UID:\d+@school\r\n/g, "");
    const found = lessonsIn(text, { from: Date.UTC(2026, 8, 29), to: Date.UTC(2026, 9, 14) });
    expect(found.map(({ start }) => new Date(start).toISOString().slice(5, 16))).toEqual([
      "09-29T08:00",
      "10-13T08:00",
    ]);
  });

  it("leaves out what was cancelled also where that is said in UTC, by the day alone, or of a lesson that comes once", () => {
    const week = { from: tuesday(0), to: tuesday(0) + 7 * 24 * 3_600_000 };
    const utc = (wall: string) => new Date(wall).toISOString().replaceAll(/[-:]|\.000/g, "");
    const berlin = ["DTSTART;TZID=Europe/Berlin:20261102T080000", "DURATION:PT45M", "RRULE:FREQ=DAILY"];
    const floating = ["DTSTART:20261102T080000", "DURATION:PT45M", "RRULE:FREQ=DAILY"];
    const once = ["DTSTART:20261126T080000Z", "DURATION:PT45M"];
    const cancelled = (lines: string[], when: string) =>
      [
        event(...lines).replace(/UID:\S+/, "UID:series@school"),
        event(when, ...lines.slice(0, 2), "STATUS:CANCELLED").replace(/UID:\S+/, "UID:series@school"),
      ].join("\r\n");
    const days = (...texts: string[]) =>
      lessonsIn(calendar(...texts), week).map(({ start }) => new Date(start).getUTCDate());
    const butThursday = [24, 25, 27, 28, 29, 30];
    expect(days(event(...berlin))).toEqual([24, 25, 26, 27, 28, 29, 30]);
    expect(days(event(...berlin, "EXDATE:20261126T070000Z"))).toEqual(butThursday);
    expect(days(event(...berlin, "EXDATE;VALUE=DATE:20261126"))).toEqual(butThursday);
    expect(days(event(...floating, `EXDATE:${utc("2026-11-26T08:00:00")}`))).toEqual(butThursday);
    expect(days(cancelled(berlin, "RECURRENCE-ID;VALUE=DATE:20261126"))).toEqual(butThursday);
    expect(days(cancelled(floating, `RECURRENCE-ID:${utc("2026-11-26T08:00:00")}`))).toEqual(butThursday);
    expect(days(event(...once))).toEqual([26]);
    expect(days(cancelled(once, "RECURRENCE-ID:20261126T080000Z"))).toEqual([]);
  });

  it("takes exceptions that come without their series for the lessons they are", () => {
    const text = calendar(
      event("RECURRENCE-ID:20261124T080000Z", "DTSTART:20261124T090000Z", "DURATION:PT45M"),
      event(
        "RECURRENCE-ID:20261124T110000Z",
        "DTSTART:20261124T110000Z",
        "DURATION:PT45M",
        "STATUS:CANCELLED",
      ),
    );
    expect(lessonsIn(text, DAY).map(({ start }) => start)).toEqual([tuesday(9)]);
  });

  it("has the lesson of the day on which a series ends, where only the day is named", () => {
    for (const start of [
      "DTSTART:20261110T080000Z",
      "DTSTART;TZID=Europe/Berlin:20261110T210000",
      "DTSTART;TZID=America/Los_Angeles:20261109T080000",
    ]) {
      const until = start.includes("Los") ? "20261123" : "20261124";
      const series = event(start, "DURATION:PT45M", `RRULE:FREQ=WEEKLY;UNTIL=${until}`);
      const found = lessonsIn(calendar(series), { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 24) });
      expect(found, start).toHaveLength(3);
    }
  });

  it("finds a lesson wherever it was moved to, by weeks and either way", () => {
    const moved = (from: string, to: string) =>
      event("UID:m", `RECURRENCE-ID:${from}T080000Z`, `DTSTART:${to}T150000Z`, "DURATION:PT45M");
    const text = calendar(
      event("UID:m", "DTSTART:20260901T080000Z", "DURATION:PT45M", "RRULE:FREQ=WEEKLY"),
      moved("20261006", "20261123"),
      moved("20270119", "20261125"),
    ).replaceAll(/UID:\d+@school\r\n/g, "");
    const found = lessonsIn(text, { from: tuesday(-24), to: tuesday(48) });
    expect(found.map(({ start }) => start)).toEqual([tuesday(-9), tuesday(8), tuesday(39)]);
  });

  it("opens no camera for what lasts from midnight to midnight, on the short day in spring either", () => {
    const text = calendar(
      event("DTSTART;TZID=Europe/Berlin:20260328T000000", "DTEND;TZID=Europe/Berlin:20260329T000000"),
      event("DTSTART;TZID=Europe/Berlin:20260329T000000", "DTEND;TZID=Europe/Berlin:20260330T000000"),
      event("DTSTART;TZID=Europe/Berlin:20260329T080000", "DTEND;TZID=Europe/Berlin:20260405T170000"),
      event("DTSTART;TZID=Europe/Berlin:20260329T080000", "DTEND;TZID=Europe/Berlin:20260329T170000"),
    );
    const found = lessonsIn(text, { from: Date.UTC(2026, 2, 28), to: Date.UTC(2026, 2, 31) });
    expect(found.map(({ start }) => new Date(start).toISOString())).toEqual(["2026-03-29T06:00:00.000Z"]);
  });

  it("takes a lesson for cancelled however that is spelt", () => {
    const text = calendar(event("DTSTART:20261124T080000Z", "DURATION:PT45M", "STATUS:Cancelled"));
    expect(lessonsIn(text, DAY)).toEqual([]);
  });

  it.each([
    ["goes on through its last day", "RRULE:FREQ=WEEKLY;UNTIL=20261124T080000Z", "", [16]],
    ["ends before", "RRULE:FREQ=WEEKLY;UNTIL=20261124T075959Z", "", []],
    ["is left out once", "RRULE:FREQ=WEEKLY\r\nEXDATE:20261124T080000Z", "", []],
    ["is moved once", "RRULE:FREQ=WEEKLY", "RECURRENCE-ID:20261124T080000Z", [18]],
  ])(
    "knows when a lesson that %s is, though that is said in UTC, in a zone that is only named",
    (_, repeats, exception, hours) => {
      const shanghai = (hour: number) => [
        `DTSTART;TZID=Asia/Shanghai:202611${exception && hour === 18 ? 24 : 17}T${hour}0000`,
        "DURATION:PT1H",
      ];
      const text = calendar(
        event("UID:r", ...shanghai(16), repeats),
        ...(exception ? [event("UID:r", exception, ...shanghai(18))] : []),
      ).replaceAll(/UID:\d+@school\r\n/g, "");
      const found = lessonsIn(text, DAY).map(({ start }) => start);
      expect(found).toEqual(hours.map((hour) => tuesday(hour - 8)));
    },
  );

  it("is read in a moment though it holds ten years of lessons", () => {
    const lessons = Array.from({ length: 40 }, (_, i) =>
      event(
        `DTSTART;TZID=Europe/Berlin:20161${i % 3}0${1 + (i % 7)}T080000`,
        "DURATION:PT45M",
        "RRULE:FREQ=WEEKLY",
      ),
    );
    const text = calendar(...lessons);
    const before = process.cpuUsage();
    expect(lessonsIn(text, { from: tuesday(-24), to: tuesday(144) })).toHaveLength(40);
    const { user, system } = process.cpuUsage(before);
    // All else in the gateway waits meanwhile: it was a minute once.
    expect((user + system) / 1e6).toBeLessThan(6);
  });

  it.each([
    ["an empty text", ""],
    ["a web page", "<html>Not found</html>"],
    ["an address book", "BEGIN:VCARD\r\nFN:Nobody\r\nEND:VCARD\r\n"],
    ["a time that is none", calendar(event("DTSTART:yesterday", "DURATION:PT45M"))],
    ["a zone that nobody knows", calendar(event("DTSTART;TZID=Mars/Base:20261124T080000", "DURATION:PT45M"))],
  ])("refuses %s", (_, text) => {
    expect(() => lessonsIn(text, DAY)).toThrow(expect.objectContaining({ code: "TIMETABLE_INVALID" }));
  });

  it("is shut before, open during and shut after a lesson, and shut whenever its file cannot be read", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    await writeFile(file, calendar(event("DTSTART:20261124T080000Z", "DURATION:PT45M", "SUMMARY:Maths")));
    const timetable = openTimetable(timetableOptions.parse({ file }));
    expect((await timetable.at(tuesday(7, 59))).lesson).toBeNull();
    expect(await timetable.at(tuesday(8))).toMatchObject({
      lesson: { summary: "Maths" },
    });
    expect((await timetable.at(tuesday(8, 45))).lesson).toBeNull();

    await writeFile(file, "half a file");
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    expect(await timetable.at(tuesday(8, 10))).toMatchObject({
      lesson: null,
      because: expect.stringContaining("cannot be used"),
    });
    await rm(file);
    expect((await timetable.at(tuesday(8, 10))).lesson).toBeNull();

    await writeFile(file, calendar(event("DTSTART:20261124T080000Z", "DURATION:PT10M")));
    expect((await timetable.at(tuesday(8, 5))).lesson).not.toBeNull();
  });
});

describe("a timetable's file", () => {
  const at = new Date(tuesday(6));
  async function lay(...events: string[]) {
    const file = path.join(await temporaryFolder(), "plan.ics");
    const put = async (...now: string[]) => {
      await writeFile(file, calendar(...now));
      await utimes(file, at, at);
    };
    await put(...events);
    return { put, timetable: openTimetable(timetableOptions.parse({ file })) };
  }

  it("knows that a lesson ended meanwhile, but not one that goes on under the same name", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    const lesson = (start: string, name: string) =>
      event(`DTSTART:20261124T${start}00Z`, "DURATION:PT45M", `SUMMARY:${name}`);
    await writeFile(
      file,
      calendar(
        lesson("0800", "Maths"),
        lesson("0845", "Maths"),
        lesson("0930", "Art"),
        lesson("1100", "Art"),
      ),
    );
    const { ended } = openTimetable(timetableOptions.parse({ file }));
    expect(await ended(tuesday(8, 10), tuesday(8, 40))).toBe(false);
    expect(await ended(tuesday(8, 10), tuesday(9, 0))).toBe(false);
    expect(await ended(tuesday(9, 0), tuesday(9, 30)), "another begins at once").toBe(true);
    expect(await ended(tuesday(9, 40), tuesday(10, 30))).toBe(true);
    expect(await ended(tuesday(10, 30), tuesday(11, 10)), "said in the break before").toBe(false);
    await writeFile(file, "no calendar");
    expect(await ended(tuesday(8, 10), tuesday(8, 40)), "nobody knows").toBe(true);
  });

  it("is read anew when it was changed, though its time was not", async () => {
    const lesson = ["DTSTART:20261124T080000Z", "DURATION:PT45M"];
    const { put, timetable } = await lay(event(...lesson));
    expect((await timetable.at(tuesday(8))).lesson).not.toBeNull();
    await put(event(...lesson, "STATUS:CANCELLED"));
    expect((await timetable.at(tuesday(8))).lesson).toBeNull();
  });

  it("is read anew when it was changed in its place, though neither its time nor its length was", async () => {
    const lesson = ["DTSTART:20261124T080000Z", "DURATION:PT45M"];
    const { put, timetable } = await lay("BEGIN:VEVENT", ...lesson, "STATUS:CONFIRMED", "END:VEVENT");
    expect((await timetable.at(tuesday(8))).lesson).not.toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20)); // a tick of the file system's clock
    await put("BEGIN:VEVENT", ...lesson, "STATUS:CANCELLED", "END:VEVENT");
    expect((await timetable.at(tuesday(8))).lesson).toBeNull();
  });

  it("is not gone through every two seconds when it cannot be understood", async () => {
    const many = Array.from({ length: 2_000 }, () => event("DTSTART:20261124T100000Z", "DURATION:PT45M"));
    const strange = event("DTSTART;TZID=Mars/Base:20261124T080000", "DURATION:PT45M");
    const { put, timetable } = await lay(...many, strange);
    const cost = async () => {
      const before = process.cpuUsage();
      const { because } = (await timetable.at(tuesday(8))) as { because: string };
      expect(because).toContain("cannot be used");
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const first = await cost();
    expect(await cost()).toBeLessThan(first / 4);
    await put(event("DTSTART:20261124T080000Z", "DURATION:PT45M"));
    expect((await timetable.at(tuesday(8))).lesson).not.toBeNull();
  });
});

describe("whoever asks for permission", () => {
  it("is told the lesson's name only where the school wants it published", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    await writeFile(file, calendar(event("DTSTART:20261124T080000Z", "DURATION:PT45M", "SUMMARY:Maths")));
    const ask = (timetable: object, at: number) =>
      openPermissions(privacyOptions.parse({ timetable }), { site: "s", room: "r" }).ask(at);
    expect(await ask({ file }, tuesday(8))).toMatchObject({ granted: true, lesson: null });
    expect(await ask({ file, lessonNames: true }, tuesday(8))).toMatchObject({
      granted: true,
      lesson: "Maths",
    });
    expect(await ask({ file, lessonNames: true }, tuesday(9))).toMatchObject({
      granted: false,
      by: "timetable",
    });
  });
});

describe("a lesson's name from the timetable", () => {
  it("is one line of eighty characters at most, whole ones, or none", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    const named = async (summary: string) => {
      await writeFile(
        file,
        calendar(event("DTSTART:20261124T080000Z", "DURATION:PT45M", `SUMMARY:${summary}`)),
      );
      const timetable = { file, lessonNames: true };
      const { ask } = openPermissions(privacyOptions.parse({ timetable }), { site: "s", room: "r" });
      return ask(tuesday(8));
    };
    expect(await named("Maths\\nroom\u0007 11\u200b ")).toMatchObject({
      granted: true,
      lesson: "Maths room 11",
    });
    expect(await named("  \\n ")).toMatchObject({ granted: true, lesson: null });
    expect(await named(`${"x".repeat(79)}😀`)).toMatchObject({ granted: true, lesson: "x".repeat(79) });
  });
});

describe("a clock on a wall", () => {
  it("shows the same again when its time is turned into an epoch and back, but for the hour that is left out", () => {
    const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Shanghai"];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2020, 0, 1) / 60_000, max: Date.UTC(2035, 0, 1) / 60_000 }),
        (zone, minutes) => {
          const shown = (epoch: number) =>
            new Date(epoch).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T");
          const [year, month, day, hour, minute, second] = shown(minutes * 60_000)
            .split(/[-T:]/)
            .map(Number);
          const epoch = epochOf(
            { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second! },
            zone,
          );
          expect(shown(epoch)).toBe(shown(minutes * 60_000));
        },
      ),
    );
  });
});
