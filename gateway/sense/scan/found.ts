/** Something that could be a sensor of this room, and the config to paste for it. */
export interface Found {
  /** How it was seen, in words. */
  readonly what: string;
  /** An entry of `sensors`. What only the school can say is left to be filled in, and said in `note`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly note?: string;
}

/** A name that may stand in the config: small letters, digits and hyphens. */
export function nameFrom(text: string, instead = "sensor"): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
  return name || instead;
}
