import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../gateway/paths.ts";

const documents = [
  "README.md",
  "SECURITY.md",
  ...within("docs"),
  ...within("models/packs"),
  ...within("docker"),
];

function within(folder: string): string[] {
  return readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.join(folder, file));
}

it("links to nothing that is not there, in any document", () => {
  const broken = documents.flatMap((document) => {
    const text = readFileSync(path.join(packageRoot, document), "utf8");
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!.split("#")[0]!)
      .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(path.join(packageRoot, path.dirname(document), target)))
      .map((target) => `${document}: ${target}`);
  });
  expect(documents.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

it("leaves no document that the README does not lead to", () => {
  const reached = new Set<string>();
  const follow = (document: string): void => {
    if (reached.has(document) || !existsSync(path.join(packageRoot, document))) return;
    reached.add(document);
    if (!document.endsWith(".md")) return;
    const text = readFileSync(path.join(packageRoot, document), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)/g)) {
      if (!/^[a-z]+:/.test(target!)) follow(path.normalize(path.join(path.dirname(document), target!)));
    }
  };
  follow("README.md");
  const folders = [...reached].filter((each) => !each.endsWith(".md"));
  const lost = documents.filter(
    (document) =>
      !reached.has(document) &&
      !folders.some((folder) => path.dirname(document) === path.normalize(folder).replace(/\/$/, "")),
  );
  expect(lost).toEqual([]);
});

/** In `…`: files and folders of the repository, but for the topics `gateway/state` and `gateway/health`, and scripts of package.json. */
it("names no test, file or script of ours that is not there, in any document", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = documents.flatMap((document) => {
    const text = readFileSync(path.join(packageRoot, document), "utf8");
    return [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => ({ document, words: words! }));
  });
  const files = named.flatMap(({ document, words }) => {
    const file =
      /^(?:test|gateway(?!\/(?:state|health)$)|scripts|bench|docker|packaging|models|flows|provisioning|\.ci)\/[\w./-]+$/.exec(
        words,
      );
    return file ? [{ document, file: file[0] }] : [];
  });
  const runs = named.flatMap(({ document, words }) => {
    const script = /^npm run ([\w:]+)/.exec(words)?.[1];
    return script ? [{ document, script }] : [];
  });
  expect([files.length > 60, runs.length > 10]).toEqual([true, true]);
  expect([
    ...files.filter(({ file }) => !existsSync(path.join(packageRoot, file))),
    ...runs.filter(({ script }) => !(script in scripts)),
  ]).toEqual([]);
});

it("cites a test that stands for each provision of the standard, or says that there is none", () => {
  const text = readFileSync(path.join(packageRoot, "docs/security.md"), "utf8");
  const rows = text
    .slice(text.indexOf("## ETSI EN 303 645"))
    .split("\n")
    .filter((line) => /^\| [56]/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.length).toBeGreaterThan(30);
  const wrong = rows.filter(
    ([, , shown]) => shown !== "–" && !/`(test\/|npm run |\.ci\/|bench\/)/.test(shown!),
  );
  expect(wrong).toEqual([]);
});
