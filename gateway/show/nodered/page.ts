import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/**
 * Puts a page of Dashboard 2 together from the files a person edits, `name.html`, `name.js`, `name.css` and the tables in
 * `words/`:
 *
 *   words/*.json ─┐
 *   other.js ─────┼▶ name.js ─▶ <script> ┐
 *   name.html ───────────────▶ <template> ┼▶ one text
 *   name.css ────────────────▶ <style>   ┘
 *
 * The dashboard compiles it in the browser, member by member, and knows neither imports nor names outside of the component
 * (@flowfuse/node-red-dashboard 1.31, `parseSFC`). So what `name.js` imports and spreads, `...view`, is written out there.
 */
export async function readPage(folder: string, name: string): Promise<string> {
  const read = (file: string) => readFile(path.join(folder, file), "utf8");
  const [html, css, words] = await Promise.all([
    read(`${name}.html`),
    read(`${name}.css`),
    readWords(folder),
  ]);
  let script = await read(`${name}.js`);
  for (const [line, names = "", file = ""] of script.matchAll(/^import \{ (.+) \} from "\.\/(.+)";\n/gm)) {
    const text = await read(file);
    script = script.replace(line, "");
    for (const part of names.split(", "))
      script = replaceOnce(script, `...${part},`, membersOf(text, part, file));
  }
  script = replaceOnce(script, "languages: {},", `languages: ${JSON.stringify(words)},`);
  return `<template>\n${html}</template>\n\n<script>\n${script}</script>\n\n<style>\n${css}</style>\n`;
}

/** The page's texts by language: `words/zh.json` is `zh`. */
export async function readWords(folder: string): Promise<Record<string, Words>> {
  const files = (await readdir(path.join(folder, "words"))).filter((file) => file.endsWith(".json")).sort();
  const tables = files.map(
    async (file): Promise<[string, Words]> => [
      path.basename(file, ".json"),
      JSON.parse(await readFile(path.join(folder, "words", file), "utf8")) as Words,
    ],
  );
  return Object.fromEntries(await Promise.all(tables));
}

/** Texts, and lists and tables of texts. */
export interface Words {
  readonly [key: string]: string | readonly string[] | Words;
}

/** What stands between the braces of `export const part = { … };`. */
function membersOf(text: string, part: string, file: string): string {
  const [, members] = new RegExp(`^export const ${part} = \\{\\n([\\s\\S]*?)^\\};$`, "m").exec(text) ?? [];
  if (members === undefined) throw new Error(`${file} exports no object ${part}`);
  return members;
}

function replaceOnce(text: string, what: string, by: string): string {
  if (!text.includes(what)) throw new Error(`the page's script has no "${what}"`);
  // A function, for `$` in what is put in means nothing.
  return text.replace(what, () => by);
}
