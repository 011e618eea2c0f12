import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { MEASUREMENTS } from "../../gateway/record/measurements.ts";

describe("docs/data.md", () => {
  const text = readFileSync(path.join(packageRoot, "docs", "data.md"), "utf8");
  const section = (name: string) => text.split(/^### /m).find((part) => part.startsWith(`${name} `)) ?? "";

  it.each(Object.entries(MEASUREMENTS))(
    "explains every column of %s",
    (name, { key, tags, numbers, texts }) => {
      // A zone's columns are the room's.
      const said = section(name) + (name === "zone_focus" ? section("focus") : "");
      for (const column of [...key, ...tags, ...numbers, ...texts])
        expect(said, column).toContain(`\`${column}\``);
    },
  );
});
