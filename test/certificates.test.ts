import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { certificatesOf, daysLeft } from "../gateway/certificates.ts";
import { configSchema } from "../gateway/config.ts";
import { issue, makeAuthority } from "../gateway/setup/certificates.ts";
import { temporaryFolder } from "./support/places.ts";

const DAY_MS = 86_400_000;
/** Certificates know whole seconds only. */
const NOW = Math.floor(Date.now() / 1000) * 1000;

it("knows until when each certificate holds that a config names: its own first in the file, an authority's the last of several", async () => {
  const folder = await temporaryFolder();
  const lay = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const old = await makeAuthority("School", NOW - 3_640 * DAY_MS);
  const young = await makeAuthority("School", NOW);
  const server = await issue(young, ["gateway"], NOW - 815 * DAY_MS);
  const certificate = await lay("server.pem", server.certificate + young.certificate);
  const key = await lay("server-key.pem", server.key);
  const caFile = await lay("authorities.pem", `Of the school\n${old.certificate}${young.certificate}`);
  const config = (more: object) =>
    configSchema.parse({ site: "s", room: "r", cameras: [{ name: "a", driver: "simulated" }], ...more });
  const found = await certificatesOf({
    ...config({ show: { live: { tls: { certificate, key } } }, mqtt: { url: "mqtts://x", caFile } }),
    dataFolder: folder,
  });
  expect(found.map((one) => [one.of, daysLeft(one, NOW)])).toEqual([
    ["show.live.tls", 10],
    ["mqtt.caFile", 3650],
  ]);
  expect(await certificatesOf({ ...config({}), dataFolder: folder })).toEqual([]);
  await lay("authorities.pem", "nothing of the kind");
  const broken = { ...config({ mqtt: { url: "mqtts://x", caFile } }), dataFolder: folder };
  await expect(certificatesOf(broken)).rejects.toMatchObject({ code: "TLS_UNREADABLE" });
});

it("counts whole days, and says that one has run out as soon as it has", () => {
  expect(daysLeft({ until: NOW + DAY_MS - 1 }, NOW)).toBe(0);
  expect(daysLeft({ until: NOW - 1 }, NOW)).toBe(-1);
});
