import { deserialize, serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { failure, GatewayError } from "../../gateway/errors.ts";
import { carry, unpack } from "../../gateway/eye/protocol.ts";

describe("an error on its way between processes", () => {
  it("keeps code, words, hint, exit code and cause", () => {
    const thrown = failure("INPUT_MISSING", { path: "a.mp4" }, new Error("ENOENT"));
    const arrived = unpack(deserialize(serialize(carry(thrown))));
    expect(arrived).toBeInstanceOf(GatewayError);
    const { code, message, hint, exit } = thrown;
    expect(arrived).toMatchObject({ code, message, hint, exit, cause: { message: "ENOENT" } });
  });

  it("is an internal one when it has no code of its own", () => {
    expect(unpack(carry(new TypeError("x is not a function")))).toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("x is not a function"),
    });
  });
});
