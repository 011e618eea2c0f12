import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readYaml } from "../gateway/yaml.ts";

const schema = z.strictObject({
  name: z.string(),
  ports: z.array(z.strictObject({ number: z.int(), kind: z.enum(["a", "b"]).default("a") })).default([]),
  place: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("file"), path: z.string() }),
    z.strictObject({ type: z.literal("net"), url: z.url() }),
  ]),
});

const problems = (text: string) => {
  const result = readYaml(text, schema);
  return "problems" in result ? result.problems : [];
};

describe("YAML read against a schema", () => {
  it("gives the value with its defaults", () => {
    const result = readYaml("name: x\nports: [{ number: 1 }]\nplace: { type: file, path: /p }", schema);
    expect(result).toEqual({
      value: { name: "x", ports: [{ number: 1, kind: "a" }], place: { type: "file", path: "/p" } },
    });
  });

  it("names the line and the path of a value of the wrong type, however deep", () => {
    const text =
      "name: x\nports:\n  - number: 1\n  - kind: b\n    number: many\nplace:\n  type: file\n  path: /p\n";
    expect(problems(text)).toEqual(
      ["line 5: ports[1].number: expected int, received string"].map((line) =>
        expect.stringContaining(line.split(": expected")[0]!),
      ),
    );
  });

  it("names the line of what is no YAML once", () => {
    const [problem, ...others] = problems("name: x\nports: [");
    expect(problem).toMatch(/^line \d+: Flow sequence .*[a-z\]]$/);
    expect(problem).not.toContain("column");
    expect(others).toEqual([]);
  });

  it("names an unknown key with its line", () => {
    expect(problems("name: x\nnmae: y\nplace: { type: file, path: p }")).toEqual([
      "line 2: nmae: there is no such key",
    ]);
  });

  it("names what stands around a key that is missing", () => {
    expect(problems("name: x\n\nplace:\n  type: file\n")[0]).toMatch(
      /^line 3: place\.path: it is missing \(expected string\)$/,
    );
  });

  it("tells of all problems at once, in the order of their lines", () => {
    const found = problems("name: 1\nports:\n  - number: x\nplace:\n  type: moon\n");
    expect(found.map((line) => line.split(":")[0])).toEqual(["line 1", "line 3", "line 5"]);
  });

  it("says where YAML itself is broken", () => {
    expect(problems("name: x\n  bad: [1, 2\n")[0]).toMatch(/^line \d+: /);
  });

  it("takes an empty file for an empty mapping, and says what is missing", () => {
    expect(problems("").length).toBeGreaterThan(0);
  });

  it("takes a text that is no mapping for a mistake", () => {
    expect(problems("just words").length).toBeGreaterThan(0);
  });
});
