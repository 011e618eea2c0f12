import { exceptionFor, licenceOf } from "./check.ts";
import type { ModelFile } from "./models.ts";
import type { Package } from "./packages.ts";

/** `docs/licences.md`: whose work comes along, and under which licence. */
export function licencesPage(packages: readonly Package[], models: readonly ModelFile[]): string {
  const shipped = packages.filter(({ dev }) => !dev);
  const byLicence = grouped(shipped, (one) => licenceOf(one) ?? "unknown");
  const special = grouped(shipped, (one) => exceptionFor(one)?.because);
  return `# Licences

The gateway is Apache-2.0 ([LICENSE](../LICENSE)). This is what it uses and brings along, on any machine: ${new Set(shipped.map(({ name }) => name)).size} packages
from npm, each with its own licence text in its folder under \`node_modules\`, and the networks. \`npm run sbom\` writes the same
with versions and hashes for one machine, as CycloneDX; \`npm run check:licences\` fails on a licence that is not known to fit.

## Networks

| pack | file | licence | from |
| --- | --- | --- | --- |
${models.map(({ pack, version, file, licence, source }) => `| ${pack} ${version} | \`${file}\` | ${licence} | ${source ? `\`${source.package}\` ${source.version}, fetched and not passed on` : "the project"} |`).join("\n")}

## Packages that ask for more than their notice

| packages | licence | why they may come along |
| --- | --- | --- |
${special.map(([because, ones]) => `| ${names(ones)} | ${unique(ones.map((one) => licenceOf(one) ?? "unknown")).join("; ")} | ${because} |`).join("\n")}

## All packages

${byLicence.map(([licence, ones]) => `**${licence}** (${unique(ones.map(({ name }) => name)).length}): ${names(ones)}`).join("\n\n")}
`;
}

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();
const names = (ones: readonly Package[]) => unique(ones.map(({ name }) => `\`${name}\``)).join(", ");

/** By key, largest group first; what has no key is left out. */
function grouped<T>(all: readonly T[], keyOf: (one: T) => string | undefined): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].sort(([a, as], [b, bs]) => bs.length - as.length || a.localeCompare(b));
}
