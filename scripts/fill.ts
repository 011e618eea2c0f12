import { type JsonSchema, markdownOf, type Row, rowsOf } from "../gateway/explain.ts";

/**
 * A page that is written by hand but for its tables of options, which stand between `<!-- options: … -->` and
 * `<!-- end of options -->`. `cameras rtsp` is what only that driver of the list `cameras` can be told, `cameras` alone
 * what all of them can. Throws for a list or a driver that there is not.
 */
export function fill(page: string, schema: JsonSchema): string {
  return page.replace(BLOCK, (_, list: string, driver: string | undefined) => {
    const table = markdownOf(rowsFor(schema, list, driver));
    return `<!-- options: ${driver ? `${list} ${driver}` : list} -->\n\n${table}\n\n${END}`;
  });
}

const END = "<!-- end of options -->";
const BLOCK = /<!-- options: ([\w-]+)(?: ([\w-]+))? -->[\s\S]*?<!-- end of options -->/g;

function rowsFor(schema: JsonSchema, list: string, driver: string | undefined): Row[] {
  const items = schema.properties?.[list]?.items;
  const variants = items?.oneOf ?? items?.anyOf ?? [];
  if (variants.length === 0) throw new Error(`there is no list of drivers called ${list}`);
  const keysOf = (variant: JsonSchema) => Object.keys(variant.properties ?? {});
  const [first, ...others] = variants;
  const common = keysOf(first!).filter(
    (key) => key !== "driver" && others.every((other) => sameKey(first!, other, key)),
  );
  const variant = driver ? variants.find((each) => each.properties?.driver?.const === driver) : first;
  if (!variant) throw new Error(`there is no driver ${driver} of ${list}`);
  const wanted = driver ? keysOf(variant).filter((key) => key !== "driver" && !common.includes(key)) : common;
  const properties = Object.fromEntries(wanted.map((key) => [key, variant.properties![key]!]));
  return rowsOf({ ...variant, properties });
}

const sameKey = (one: JsonSchema, other: JsonSchema, key: string) =>
  JSON.stringify(one.properties?.[key]) === JSON.stringify(other.properties?.[key]);
