import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../gateway/paths.ts";

/** The walls of the house, asserted from the code itself. `docs/architecture.md` says why they stand. */

const STEPS = ["eye", "sense", "attend", "protect", "publish", "record", "show"];
const BASE = [
  "terms",
  "health",
  "reading",
  "errors",
  "catalogue/entry",
  "catalogue/beginning",
  "catalogue/seeing",
  "catalogue/telling",
  "log",
  "clock",
  "options",
  "paths",
  "yaml",
  "mqtt",
  "mqttOptions",
  "inbox",
  "outbox",
  "folders",
  "onnx",
  "tls",
  "attempts",
];

interface Source {
  /** Relative to the package, with forward slashes. */
  readonly file: string;
  readonly text: string;
  /** Modules named in `import … from`, `export … from` and `import(…)`, relative ones resolved like `file`. */
  readonly imports: readonly string[];
}

function sources(folder: string): Source[] {
  return readdirSync(path.join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => {
      const full = path.join(entry.parentPath, entry.name);
      const text = readFileSync(full, "utf8");
      const file = path.relative(packageRoot, full).replaceAll(path.sep, "/");
      const found = [...withoutComments(text).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(
        (match) => match[1]!,
      );
      return {
        file,
        text,
        imports: found.map((name) =>
          name.startsWith(".") ? path.posix.join(path.posix.dirname(file), name) : name,
        ),
      };
    });
}

const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
const gateway = sources("gateway");
const stepOf = (file: string) => STEPS.find((step) => file.startsWith(`gateway/${step}/`));
const isBase = (file: string) => BASE.some((name) => file === `gateway/${name}.ts`);

describe("the walls of the house", () => {
  it("finds the code it speaks about", () => {
    expect(gateway.length).toBeGreaterThan(40);
    expect(gateway.flatMap((source) => source.imports).length).toBeGreaterThan(100);
  });

  it("lets a step import itself, the base files and the model packs, and no other step", () => {
    const wrong = gateway.flatMap(({ file, imports }) => {
      const step = stepOf(file);
      if (!step) return [];
      return imports
        .filter((name) => name.startsWith("gateway/") && stepOf(name) !== step && !isBase(name))
        .map((name) => `${file} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it("lets base files import base files only", () => {
    const wrong = gateway
      .filter(({ file }) => isBase(file))
      .flatMap(({ file, imports }) =>
        imports
          .filter((name) => name.startsWith("gateway/") && !isBase(name))
          .map((name) => `${file} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it("keeps everything but the commands away from the composition root, and everything but the program away from the commands", () => {
    const wrong = gateway.flatMap(({ file, imports }) =>
      imports
        .filter(
          (name) =>
            (name === "gateway/gateway.ts" && !file.startsWith("gateway/commands/")) ||
            (name.startsWith("gateway/commands/") &&
              file !== "gateway/main.ts" &&
              !/^gateway\/(commands|program)\//.test(file)),
        )
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no circle of imports inside the gateway", () => {
    const byFile = new Map(gateway.map((source) => [source.file, source]));
    const circles: string[] = [];
    const state = new Map<string, "open" | "done">();
    const visit = (file: string, trail: readonly string[]) => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      state.set(file, "open");
      // A type-only import is gone when the program runs, and makes no circle.
      const real = withoutComments(byFile.get(file)?.text ?? "").replace(
        /\b(?:import|export)\s+type\s[^;]*;/g,
        "",
      );
      for (const name of byFile.get(file)?.imports ?? []) {
        const relative = name.split("/").at(-1)!;
        if (byFile.has(name) && real.includes(`/${relative}"`)) visit(name, [...trail, file]);
      }
      state.set(file, "done");
    };
    for (const { file } of gateway) visit(file, []);
    expect(circles).toEqual([]);
  });

  it("names Frame only where pixels may be: under eye/, and in the vocabulary", () => {
    const wrong = gateway
      .filter(
        ({ file }) => stepOf(file) !== "eye" && file !== "gateway/terms.ts" && file !== "gateway/flow.ts",
      )
      .filter(({ text }) => /\bFrame\b/.test(withoutComments(text)))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it("makes a Window in one file only", () => {
    const casts = gateway
      .filter(({ text }) => /\bas (?:unknown as )?Window\b|[=(,\s]<Window>/.test(withoutComments(text)))
      .map(({ file }) => file);
    expect(casts).toEqual(["gateway/protect/window.ts"]);
  });

  it("imports each third-party I/O library in exactly one file", () => {
    const libraries = [
      "mqtt",
      "aedes",
      "@duckdb/node-api",
      "@influxdata/influxdb-client",
      "onnxruntime-node",
      "protobufjs",
      "sharp",
      "pacote",
      "tar",
      "pino",
      "prom-client",
      "node-red",
      "ical.js",
      "@peculiar/x509",
      "protobufjs",
      "serialport",
      "modbus-serial",
      "jsonata",
      "cli-progress",
    ];
    const all = [...gateway, ...sources("models")];
    const users = Object.fromEntries(
      libraries.map((library) => [
        library,
        all.filter(({ imports }) => imports.includes(library)).map(({ file }) => file),
      ]),
    );
    expect(Object.fromEntries(Object.entries(users).filter(([, files]) => files.length !== 1))).toEqual({});
  });

  it("keeps drivers ignorant of the config", () => {
    const wrong = gateway
      .filter(({ file, imports }) => stepOf(file) && imports.some((name) => /gateway\/config/.test(name)))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it("lets V8's nursery take no more than it needs, whichever way a gateway is started", () => {
    const ways = [
      ["bin/focus-gateway.js", /^#!\/usr\/bin\/env -S node (.+)$/m],
      ["package.json", /"start": "node (.+) bin\/focus-gateway\.js run"/],
      [
        "packaging/focus-gateway.service",
        /^ExecStart=@NODE@ (.+) \/opt\/focus-gateway\/current\/bin\/focus-gateway\.js/m,
      ],
      [
        "docker/Dockerfile",
        /^ENTRYPOINT \["node", "(.+)", "\/opt\/focus-gateway\/bin\/focus-gateway\.js"\]/m,
      ],
      [
        "docker/Dockerfile.jetson",
        /^ENTRYPOINT \["node", "(.+)", "\/opt\/focus-gateway\/bin\/focus-gateway\.js"\]/m,
      ],
    ] as const;
    const asked = ways.map(([file, way]) => [
      file,
      way.exec(readFileSync(path.join(packageRoot, file), "utf8"))?.[1],
    ]);
    expect(asked).toEqual(ways.map(([file]) => [file, "--max-semi-space-size=2"]));
  });

  it("keeps files short enough to hold one idea", () => {
    const long = gateway
      .filter(({ text }) => text.split("\n").length > 260)
      .map(({ file, text }) => `${file}: ${text.split("\n").length} lines`);
    expect(long).toEqual([]);
  });
});
