import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configJsonSchema } from "../gateway/commands/config.ts";
import { cameraOptions } from "../gateway/eye/eye.ts";
import { packageRoot } from "../gateway/paths.ts";
import { CAMERA_STATES } from "../gateway/terms.ts";
import { fill } from "../scripts/fill.ts";

const page = readFileSync(path.join(packageRoot, "docs", "cameras.md"), "utf8");
const drivers = cameraOptions.options.map(({ shape }) => shape.driver.value);

describe("the page about cameras", () => {
  it("has a section for each driver, with its options as they are", () => {
    for (const driver of drivers) {
      expect(page).toContain(`\n## \`${driver}\`: `);
      expect(page).toContain(`<!-- options: cameras ${driver} -->`);
    }
    expect(fill(page, configJsonSchema())).toBe(page);
  });

  it("has examples that are valid", () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text!));
    expect(examples.length).toBeGreaterThan(4);
    for (const { cameras } of examples) {
      for (const camera of cameras) expect(cameraOptions.safeParse(camera)).toMatchObject({ success: true });
    }
  });

  it("says what each state means", () => {
    for (const state of CAMERA_STATES) expect(page).toContain(`| \`${state}\` |`);
  });
});

describe("filling in a page", () => {
  it("refuses a driver or a list that there is not", () => {
    const schema = configJsonSchema();
    const of = (what: string) => () => fill(`<!-- options: ${what} --><!-- end of options -->`, schema);
    expect(of("cameras telepathy")).toThrow("no driver telepathy");
    expect(of("telescopes")).toThrow("no list of drivers");
    expect(of("cameras rtsp")()).toContain("| `url` |");
    expect(of("cameras rtsp")()).not.toContain("| `mask` |");
    expect(of("cameras")()).toContain("| `mask` |");
  });
});
