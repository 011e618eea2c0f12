import { readFile } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "./errors.ts";
import { isSecretKey } from "./fleet/hide.ts";
import { parseYaml, type YamlText } from "./yaml.ts";

/** One file of a config, with the names of files in it as they are from anywhere. */
export interface Layer extends YamlText {
  readonly file: string;
}

/** What several files come to, and which of them has the last word on a path. */
export interface Merged {
  readonly value: unknown;
  layerOf(path: readonly PropertyKey[]): Layer;
}

/**
 * The file and those it `extends`, the room's own last. Throws CONFIG_UNREADABLE, or CONFIG_INVALID with a line for each
 * problem of the first file that cannot be used.
 */
export async function readLayers(file: string): Promise<readonly [...Layer[], Layer]> {
  const layers: Layer[] = [];
  for (let next: string | null = file; next !== null; ) {
    const layer: Layer = await readLayer(next, layers.at(0));
    layers.unshift(layer);
    next = baseOf(layer, layers);
  }
  return layers as [Layer];
}

async function readLayer(file: string, above: Layer | undefined): Promise<Layer> {
  const text = await readFile(file, "utf8").catch((error) => {
    if (above === undefined) throw failure("CONFIG_UNREADABLE", { file }, error);
    throw wrong(above, `extends: cannot read ${file}: ${reason(error)}`);
  });
  const read = parseYaml(text);
  if ("problems" in read) throw failure("CONFIG_INVALID", { file, problems: read.problems });
  return { file, ...read, value: rooted(read.value, path.dirname(path.resolve(file))) };
}

/** The file below it, by a name that is good from here; null where it stands on nothing but the defaults. */
function baseOf(layer: Layer, layers: readonly Layer[]): string | null {
  const { value, file } = layer;
  if (!isSection(value) || value.extends === undefined) return null;
  if (typeof value.extends !== "string" || value.extends === "")
    throw wrong(layer, "extends: the name of a file is expected");
  const { extends: name } = value;
  const base = path.isAbsolute(name) ? name : path.join(path.dirname(file), name);
  if (layers.some((each) => path.resolve(each.file) === path.resolve(base))) {
    const circle = [base, ...layers.map((each) => each.file)].reverse().join(" → ");
    throw wrong(layer, `extends: the files go round in a circle: ${circle}`);
  }
  return base;
}

function wrong({ file, lineOf }: Layer, problem: string) {
  return failure("CONFIG_INVALID", { file, problems: [`line ${lineOf(["extends"])}: ${problem}`] });
}

/**
 * Lays each file over those before it: sections are merged key by key; a list, a text or a secret takes the place of what
 * was there, and an empty key takes it away.
 */
export function merge(layers: readonly [...Layer[], Layer]): Merged {
  const owners = new Map<string, Layer>();
  const nameOf = (place: readonly PropertyKey[]) => JSON.stringify(place);
  const lay = (below: unknown, value: unknown, layer: Layer, place: readonly string[]): unknown => {
    owners.set(nameOf(place), layer);
    const whole = !isSection(value) || isSecretKey(place.at(-1) ?? "");
    if (whole) {
      // What files below said of things inside is gone.
      for (const name of owners.keys())
        if (name.startsWith(`${nameOf(place).slice(0, -1)},`)) owners.delete(name);
      return value;
    }
    const section: Record<string, unknown> = isSection(below) ? { ...below } : {};
    for (const [key, inner] of Object.entries(value)) {
      if (place.length === 0 && key === "extends") continue;
      if (inner === null && key in section) delete section[key];
      else section[key] = lay(section[key], inner, layer, [...place, key]);
    }
    return section;
  };
  const value = layers.reduce<unknown>((below, layer) => lay(below, layer.value, layer, []), {});
  return {
    value,
    layerOf(place) {
      for (let length = place.length; length > 0; length--) {
        const owner = owners.get(nameOf(place.slice(0, length)));
        if (owner) return owner;
      }
      return layers.at(-1)!;
    },
  };
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Keys whose text names a file. */
const FILES = ["dataFolder", "file", "path", "caFile", "certificate", "key", "signoff"];

/** The same with every file's name as it is from anywhere: in a config it is relative to the file it stands in. */
function rooted(value: unknown, base: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rooted(item, base));
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      FILES.includes(key) && typeof inner === "string" && inner !== ""
        ? path.resolve(base, inner)
        : rooted(inner, base),
    ]),
  );
}
