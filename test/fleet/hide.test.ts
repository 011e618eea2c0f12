import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../../gateway/commands/config.ts";
import type { JsonSchema } from "../../gateway/explain.ts";
import {
  isSecretKey,
  scrubbed,
  secretsOf,
  withoutAddresses,
  withoutSecrets,
} from "../../gateway/fleet/hide.ts";
import { temporaryFolder } from "../support/places.ts";

/** The keys of everything that the schema marks as a secret, wherever it stands. */
function secretKeys(schema: JsonSchema, key = ""): string[] {
  const inside = [...(schema.items ? [schema.items] : []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const below = [...Object.entries(schema.properties ?? {}), ...inside.map((inner) => [key, inner] as const)];
  return [...(schema.secret ? [key] : []), ...below.flatMap(([name, inner]) => secretKeys(inner, name))];
}

describe("hiding secrets", () => {
  it("knows the key of every secret that the config's schema has", () => {
    const keys = [...new Set(secretKeys(configJsonSchema()))].sort();
    expect(keys).toEqual(["password", "passwordHash", "token"]);
    expect(keys.filter((key) => !isSecretKey(key))).toEqual([]);
  });

  it("takes texts out, and leaves where a secret is read from", () => {
    expect(
      withoutSecrets({
        mqtt: { password: "hunter22", username: "j.smith" },
        show: { health: { token: { file: "/run/token" } } },
        list: [{ password: { env: "PW" } }, { passwordHash: "$2b$10$…" }],
      }),
    ).toEqual({
      mqtt: { password: "[hidden]", username: "[hidden]" },
      show: { health: { token: { file: "/run/token" } } },
      list: [{ password: { env: "PW" } }, { passwordHash: "[hidden]" }],
    });
  });

  it.each([
    ["rtsp://camera:554/user=admin_password=tlJwpbo6_channel=1", "rtsp://camera:554/…"],
    ["rtsp://admin:p@ss@10.0.0.7/live", "rtsp://10.0.0.7/…"],
    ["http://camera/snap.jpg?pwd=hunter22", "http://camera/…"],
    ["https://hooks.example?key=hunter22", "https://hooks.example/…"],
    ["mqtts://broker.example:8883", "mqtts://broker.example:8883"],
    [
      "no answer from mqtt://room:pw@broker:1883, and none from http://x/y",
      "no answer from mqtt://broker:1883, and none from http://x/…",
    ],
  ])("keeps no more of the address in %s than the host", (text, shown) => {
    expect(withoutAddresses(text)).toBe(shown);
  });

  it("finds the secrets that stand in files, variables and addresses, and takes them out of any text", async () => {
    const file = path.join(await temporaryFolder(), "token");
    await writeFile(file, "from-a-file\nsecond line\n");
    const secrets = secretsOf(
      {
        a: { token: { file } },
        b: { password: { env: "SECRET" } },
        c: { password: "in/the config" },
        d: { url: "http://camera/snap?pwd=in-the-query" },
        e: { url: "http://u:50%off!@camera/" },
        f: { password: "abc" },
        g: { token: { file: `${file}-that-is-not-there` } },
      },
      { SECRET: "from-a-variable" },
    );
    expect(secrets).toEqual(
      expect.arrayContaining(["from-a-file", "from-a-variable", "in/the config", "in-the-query"]),
    );
    const text = 'x from-a-file "in/the config" in%2Fthe%20config from-a-variable in-the-query abc';
    expect(scrubbed(text, secrets)).toBe('x [hidden] "[hidden]" [hidden] [hidden] [hidden] abc');
  });
});
