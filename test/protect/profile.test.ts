import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { askProfile } from "../../gateway/protect/profile.ts";
import { temporaryFolder } from "../support/places.ts";

const PLACE = { site: "riverside", room: "room-12" };
const NOW = new Date(2026, 10, 23, 12).getTime();
const SIGNED = {
  allows: "research",
  site: "riverside",
  rooms: ["room-11", "room-12"],
  basis: "Assessment 2026-17, kept at the school office, folder Data protection.",
  assessedBy: "A. Writer",
  signedBy: "B. Head",
  role: "head of school",
  signedOn: "2026-09-01",
  validUntil: "2026-11-23",
};

async function ask(profile: "research" | "eu", signoff: object | string, now = NOW) {
  const file = path.join(await temporaryFolder(), "signoff.yaml");
  await writeFile(file, typeof signoff === "string" ? signoff : stringify(signoff));
  return askProfile({ profile, signoff: file }, PLACE, now);
}

describe("a profile", () => {
  it("lets aggregate look, and off never", async () => {
    expect(await askProfile({ profile: "aggregate" }, PLACE, NOW)).toEqual({ granted: true });
    expect(await askProfile({ profile: "off" }, PLACE, NOW)).toMatchObject({ granted: false });
  });

  it.each(["research", "eu"] as const)(
    "lets %s look only with a sign-off for it, through its last day",
    async (profile) => {
      expect(await askProfile({ profile }, PLACE, NOW)).toMatchObject({ granted: false });
      expect(await ask(profile, { ...SIGNED, allows: profile })).toEqual({ granted: true });
      expect(
        await ask(profile, { ...SIGNED, allows: profile }, new Date(2026, 10, 24).getTime()),
      ).toMatchObject({
        granted: false,
        because: expect.stringContaining("run out"),
      });
    },
  );

  it.each([
    ["is for another profile", { allows: "eu" }, "allows eu"],
    ["is for another school", { site: "hillside" }, "hillside"],
    ["leaves the room out", { rooms: ["room-11"] }, "does not cover room-12"],
    ["was signed by its writer", { signedBy: "a. writer" }, "nobody signs"],
    ["is of the future", { signedOn: "2027-01-01", validUntil: "2028-01-01" }, "future"],
    ["gives no basis", { basis: "ok" }, "basis"],
    ["is not signed", { signedBy: "" }, "signedBy"],
  ])("is refused a sign-off that %s", async (_, changed, because) => {
    expect(await ask("research", { ...SIGNED, ...changed })).toMatchObject({
      granted: false,
      because: expect.stringContaining(because),
    });
  });

  it.each(["", "allows: [", "- a\n- list\n"])("is refused a sign-off that reads %j", async (text) => {
    expect(await ask("research", text)).toMatchObject({ granted: false });
  });
});
