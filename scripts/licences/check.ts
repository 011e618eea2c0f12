import { ALLOWED, EXCEPTIONS, type Exception, STATED } from "./allowed.ts";
import type { Package } from "./packages.ts";

/** What a package is licensed under, by its own word or that of its files; null where nobody knows. */
export const licenceOf = ({ name, licence }: Pick<Package, "name" | "licence">): string | null =>
  licence ?? STATED[name] ?? null;

/** The exception that a package needs, if it needs one and there is one. */
export const exceptionFor = (one: Pick<Package, "name" | "licence">): Exception | undefined =>
  EXCEPTIONS.find(
    ({ packages }) => packages.test(one.name) && licenceOf(one) !== null && !isFree(licenceOf(one)!),
  );

/** A line for each package that is passed on and whose licence is unknown, or asks for more than is known to be kept to. */
export function licenceProblems(packages: readonly Package[]): string[] {
  return packages
    .filter(({ dev }) => !dev)
    .flatMap((one) => {
      const licence = licenceOf(one);
      const name = `${one.name} ${one.version}`;
      if (licence === null)
        return [`${name}: no licence is known; see its files, then scripts/licences/allowed.ts`];
      const also = exceptionFor(one)?.licences ?? [];
      if (isFree(licence) || also.includes(licence) || isFree(licence, new Set(also))) return [];
      return [`${name}: ${licence} is not among those that fit; see scripts/licences/allowed.ts`];
    });
}

/** Whether an SPDX expression can be kept to with licences that are allowed, and `also` these. */
function isFree(expression: string, also: ReadonlySet<string> = new Set()): boolean {
  const plain = expression.replace(/[()]/g, "");
  const isAllowed = (licence: string) => ALLOWED.has(licence) || also.has(licence);
  // Both in one would need precedence; none of the packages has it, and it is not taken for allowed.
  if (plain.includes(" OR ")) return !plain.includes(" AND ") && plain.split(" OR ").some(isAllowed);
  return plain.split(" AND ").every(isAllowed);
}

/**
 * A line for each package that would run a program of its own when it is installed and about which nobody has decided, and for
 * each decision about a package that has none.
 * @param decided package.json's `allowScripts`: names, and whether they may.
 */
export function scriptProblems(
  packages: readonly Package[],
  decided: Readonly<Record<string, boolean>>,
): string[] {
  const running = new Set(packages.flatMap(({ name, hasInstallScript }) => (hasInstallScript ? [name] : [])));
  return [
    ...[...running]
      .filter((name) => decided[name] === undefined)
      .map((name) => `${name} runs a script when it is installed: decide in package.json's allowScripts`),
    ...Object.keys(decided)
      .filter((name) => !running.has(name))
      .map((name) => `${name} is in package.json's allowScripts and has no script`),
  ];
}
