import { expect, it } from "vitest";
import { limitAttempts } from "../gateway/attempts.ts";

it("lets nobody go on guessing, forgets after a minute of quiet, and keeps others out of it", () => {
  let now = 0;
  const attempts = limitAttempts({ elapsed: () => now });
  for (let guess = 0; guess < 10; guess += 1) {
    expect(attempts.may("a")).toBe(true);
    attempts.failed("a");
  }
  expect(attempts.may("a")).toBe(false);
  expect(attempts.may("b")).toBe(true);
  now += 59_000;
  expect(attempts.may("a")).toBe(false);
  attempts.failed("a");
  now += 59_000;
  expect(attempts.may("a"), "whoever goes on trying waits on").toBe(false);
  now += 2_000;
  expect(attempts.may("a")).toBe(true);
});

it("remembers so many and no more", () => {
  const attempts = limitAttempts({ elapsed: () => 0 }, { most: 1, forgetSeconds: 60 });
  for (let address = 0; address < 5_000; address += 1) attempts.failed(`10.0.${address}`);
  expect(attempts.may("10.0.4999")).toBe(false);
  expect(attempts.may("10.0.0")).toBe(true);
});
