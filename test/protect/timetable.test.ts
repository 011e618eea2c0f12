import { rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openPermissions, privacyOptions } from "../../gateway/protect/permission.ts";
import { lessonsIn, openTimetable, timetableOptions } from "../../gateway/protect/timetable.ts";
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
      until: tuesday(8, 45),
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

describe("whoever asks for permission", () => {
  it("is told the lesson's name only where the school wants it published", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    await writeFile(file, calendar(event("DTSTART:20261124T080000Z", "DURATION:PT45M", "SUMMARY:Maths")));
    const ask = (timetable: object, at: number) =>
      openPermissions(privacyOptions.parse({ timetable }), { site: "s", room: "r" }).ask(at);
    expect(await ask({ file }, tuesday(8))).toEqual({ granted: true, lesson: null });
    expect(await ask({ file, lessonNames: true }, tuesday(8))).toEqual({ granted: true, lesson: "Maths" });
    expect(await ask({ file, lessonNames: true }, tuesday(9))).toMatchObject({
      granted: false,
      by: "timetable",
    });
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
