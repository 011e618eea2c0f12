import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { packageRoot } from "../../gateway/paths.ts";
import { readSignoff } from "../../gateway/protect/signoff.ts";
import { temporaryFolder } from "../support/places.ts";

// Eight hours ahead of UTC, and so is the machine that stands in this school.
vi.hoisted(() => {
  process.env.TZ = "Asia/Shanghai";
});

const WANTED = { profile: "research", site: "riverside", room: "room-12" } as const;
const SIGNED = {
  allows: "research",
  site: "riverside",
  rooms: ["room-12"],
  basis: "Assessment 2026-17, kept at the school office, folder Data protection.",
  assessedBy: "A. Writer",
  signedBy: "B. Head",
  role: "head of school",
  signedOn: "2026-09-01",
  validUntil: "2027-07-31",
};

async function read(text: string, at: string) {
  const file = path.join(await temporaryFolder(), "signoff.yaml");
  await writeFile(file, text);
  return readSignoff(file, WANTED, Date.parse(at)).then(
    () => "holds",
    (error: Error) => error.message,
  );
}

describe("a sign-off", () => {
  it("holds from the midnight before its first day to the one after its last, at the school", async () => {
    const at = (time: string) => read(stringify(SIGNED), time);
    expect(await at("2026-08-31T23:59:59+08:00")).toContain("in the future");
    expect(await at("2026-09-01T00:00:00+08:00")).toBe("holds");
    expect(await at("2027-07-31T23:59:59+08:00")).toBe("holds");
    expect(await at("2027-08-01T00:00:00+08:00")).toContain("run out");
  });

  it("is none while the template's own words stand in it", async () => {
    const template = await readFile(path.join(packageRoot, "docs/templates/signoff.yaml"), "utf8");
    const dated = template
      .replace("signedOn:", "signedOn: 2026-09-01")
      .replace("validUntil:", "validUntil: 2027-07-31");
    const problems = await read(dated, "2026-11-24T08:00:00Z");
    for (const field of ["basis", "assessedBy", "signedBy", "role"]) expect(problems).toContain(`${field}: `);

    const filled = Object.entries(SIGNED).reduce(
      (text, [field, value]) =>
        text.replace(new RegExp(`^${field}: .*`, "m"), `${field}: ${JSON.stringify(value)}`),
      dated,
    );
    expect(await read(filled, "2026-11-24T08:00:00Z")).toBe("holds");
  });
});
