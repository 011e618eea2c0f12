import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { dyingWithUs, runProgram } from "../../../gateway/eye/capture/program.ts";
import { readRaw } from "../../../gateway/eye/capture/raw.ts";
import { childProcesses, isAlive } from "../../support/processes.ts";
import { until } from "../../support/programs.ts";

describe("a program that runs as our child", () => {
  it("is given its input where nobody else can read it, and answers", async () => {
    const cat = runProgram("cat", [], { input: "a secret" });
    const said: string[] = [];
    for await (const chunk of cat.output) said.push(String(chunk));
    expect(said.join("")).toBe("a secret");
    expect(await cat.ended).toEqual({ code: 0, words: "" });
  });

  it("ends by being killed, whatever it does, and is gone then", async () => {
    const stubborn = runProgram("sh", ["-c", "trap '' TERM INT HUP; while :; do sleep 1; done"]);
    await sleep(100);
    stubborn.kill();
    expect((await stubborn.ended).code).toBeNull();
    expect(childProcesses()).toEqual([]);
  });

  it("takes along what it has started itself, as a script in ffmpeg's place does, even after it has ended", async () => {
    for (const end of ["wait", "exit 1"]) {
      const shell = runProgram("sh", ["-c", `sleep 60 & echo $!; ${end}`]);
      const [said] = (await once(shell.output, "data")) as [Buffer];
      const started = Number(said.toString());
      expect(isAlive(started)).toBe(true);
      shell.kill();
      shell.output.resume();
      await shell.ended;
      await until(() => !isAlive(started) || undefined, 5, "what it has started to be gone");
    }
  });

  it("that is not there ends with words, and does not bring us down", async () => {
    const { ended, output } = runProgram("/nowhere/program", [], { input: "x" });
    output.resume();
    expect(await ended).toEqual({ code: null, words: expect.stringContaining("ENOENT") });
  });

  it("keeps only the last of its words", async () => {
    const talker = runProgram("sh", ["-c", "seq 1 5000 >&2"]);
    talker.output.resume();
    const { words } = await talker.ended;
    expect(words.length).toBeLessThanOrEqual(4096);
    expect(words.trimEnd().endsWith("5000")).toBe(true);
  });

  it("can be told to die with us, where the machine knows how", async () => {
    const dying = await dyingWithUs();
    expect([[], ["setpriv", "--pdeathsig", "KILL"]]).toContainEqual(dying);
    const program = runProgram("sh", ["-c", "echo here"], { dying });
    const said: string[] = [];
    for await (const chunk of program.output) said.push(String(chunk));
    expect(said.join("")).toBe("here\n");
  });
});

describe("a stream of raw pictures", () => {
  it("is cut into pictures wherever the pipe cut it, and a last one that is cut short is left out", async () => {
    const bytes = Uint8Array.from({ length: 4 * 2 * 3 * 3 + 5 }, (_, index) => index);
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    }
    const pictures = [];
    for await (const picture of readRaw(pieces(), { width: 4, height: 2 })) pictures.push(picture);
    expect(pictures.map(({ rgb }) => rgb[0])).toEqual([0, 24, 48]);
    expect(pictures.every(({ rgb }) => rgb.length === 24)).toBe(true);
  });
});
