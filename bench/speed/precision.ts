import { existsSync } from "node:fs";
import path from "node:path";
import type { PreparedPack, ReadyNetwork } from "../../models/manifest.ts";
import { ROLES } from "../../models/manifest.ts";

/**
 * The pack with every network in that precision on the CPU, as far as there is one on its shelf; null where there is
 * none at all (`models prepare` makes them).
 */
export function inPrecision(pack: PreparedPack, precision: "float32" | "int8"): PreparedPack | null {
  let there = 0;
  const networks = ROLES.map((role): [string, ReadyNetwork] => {
    const network = pack.ready.cpu[role];
    const folder = path.dirname(network.path);
    const file = path.join(folder, `${role}.${precision}.onnx`);
    if (!existsSync(file))
      return [role, { ...network, path: path.join(folder, `${role}.float32.onnx`), precision: "float32" }];
    there += 1;
    return [role, { ...network, path: file, precision }];
  });
  if (there === 0) return null;
  const cpu = Object.fromEntries(networks) as unknown as PreparedPack["ready"]["cpu"];
  return { ...pack, ready: { ...pack.ready, cpu } };
}
