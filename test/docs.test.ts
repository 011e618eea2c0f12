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
