import { readFile } from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../paths.ts";

/** Where `npm run sbom` puts the list of all that the program is made of (CycloneDX), for it to be shipped along. */
export const sbomFile = path.join(packageRoot, "dist", "sbom.cdx.json");

/** That list, or null where none was made. */
export const readSbom = (): Promise<string | null> => readFile(sbomFile, "utf8").catch(() => null);
