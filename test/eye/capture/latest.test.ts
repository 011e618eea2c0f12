import { describe, expect, it } from "vitest";
import { Latest } from "../../../gateway/eye/capture/latest.ts";

describe("the latest value", () => {
  it("is handed out once, and replaces one that nobody took", async () => {
    const latest = new Latest<number>();
    latest.put(1);
    latest.put(2);
    expect(await latest.take()).toBe(2);
    const next = latest.take();
    latest.put(3);
    expect(await next).toBe(3);
  });

  it("can still be taken after the end; then there is null", async () => {
    const latest = new Latest<number>();
    latest.put(1);
    latest.end();
    expect(await latest.take()).toBe(1);
    expect(await latest.take()).toBeNull();
  });

  it("is followed by the error with which the source failed", async () => {
    const latest = new Latest<number>();
    latest.put(1);
    latest.fail(new Error("unplugged"));
    expect(await latest.take()).toBe(1);
    await expect(latest.take()).rejects.toThrow("unplugged");
  });

  it("is dropped on closing, and whoever waits gets null", async () => {
    const latest = new Latest<number>();
    const waiting = latest.take();
    latest.close();
    expect(await waiting).toBeNull();
    latest.put(1);
    expect(await latest.take(), "what the source still had on its way").toBeNull();
  });

  it("is dropped on closing also when it was there before", async () => {
    const latest = new Latest<number>();
    latest.put(1);
    latest.close();
    expect(await latest.take()).toBeNull();
  });
});
