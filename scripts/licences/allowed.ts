/**
 * Licences under which a package may simply be used and passed on with an Apache-2.0 program: they ask for their notice to
 * be kept, and no more. SPDX identifiers.
 */
export const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
]);

/** What its own files say of a package that does not say it where npm looks. */
export const STATED: Readonly<Record<string, string>> = {
  busboy: "MIT",
  "cli-table": "MIT",
  "passport-http-bearer": "MIT",
  "passport-oauth2-client-password": "MIT",
  "passport-strategy": "MIT",
  pause: "MIT",
  "qrcode-terminal": "Apache-2.0",
  streamsearch: "MIT",
};

export interface Exception {
  /** The packages it is for. */
  readonly packages: RegExp;
  readonly licences: readonly string[];
  /** Why it may come along all the same. */
  readonly because: string;
}

/** Packages that ask for more, one by one, with the reason why that is kept to. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    packages: /^@img\/sharp-/,
    licences: ["LGPL-3.0-or-later"],
    because:
      "libvips, unchanged, as a shared library of its own that anybody may replace; its source is at github.com/lovell/sharp-libvips",
  },
  {
    packages: /^@ffmpeg-installer\//,
    licences: ["GPLv3", "LGPL-2.1", "https://git.ffmpeg.org/gitweb/ffmpeg.git/blob_plain/HEAD:/LICENSE.md"],
    because:
      "ffmpeg, unchanged, a program of its own that is started as a process; optional, and left out of the images, which take Debian's",
  },
  {
    packages: /^ical\.js$/,
    licences: ["MPL-2.0"],
    because:
      "unchanged; its licence covers its own files and asks for their source, which is what is installed",
  },
  {
    packages: /^npm$/,
    licences: ["Artistic-2.0"],
    because: "unchanged; Node-RED brings it along as a program of its own",
  },
  {
    packages: /^spdx-exceptions$/,
    licences: ["CC-BY-3.0"],
    because: "a list of names by the SPDX project, who are named here as it asks",
  },
];
