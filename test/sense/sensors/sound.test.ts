import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { listen } from "../../../gateway/eye/sound/listen.ts";
import { sound } from "../../../gateway/sense/sensors/sound.ts";
import { openSounds } from "../../../gateway/sense/sounds.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { temporaryFolder } from "../../support/places.ts";
import { findProgram } from "../../support/programs.ts";

const ffmpeg = findProgram("ffmpeg");
const hasAlsa =
  ffmpeg !== null && / alsa /.test(execFileSync(ffmpeg, ["-hide_banner", "-devices"], { encoding: "utf8" }));

/** A recording of three seconds, as ffmpeg's own sources make it. */
async function recording(source: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "sound.wav");
  execFileSync(ffmpeg!, ["-loglevel", "error", "-f", "lavfi", "-i", source, "-t", "3", "-ar", "44100", file]);
  return file;
}

const TONE = "sine=frequency=1000"; // at an eighth of full scale
const BABBLE = "anoisesrc=color=pink:amplitude=0.5:seed=7,tremolo=f=4:d=0.95";

/** The ear that the eye would have, and the driver that it speaks to. */
async function hearing(device: string, more: object = {}) {
  const sounds = openSounds();
  const microphone = sound.options.parse({
    driver: "sound",
    source: "file",
    device,
    everySeconds: 1,
    ...more,
  });
  const ear = listen(
    { ...microphone, name: "air-7" },
    { clock, heard: sounds.heard, lost: (why) => sounds.away("air-7", { state: "lost", why }) },
  );
  onTestFinished(() => ear.stop());
  const sensor = await sound.open(microphone, sensorContext({ sounds }));
  onTestFinished(() => sensor.close());
  return { sensor, sounds };
}

const byQuantity = (measurements: Awaited<ReturnType<typeof nextMeasurements>>) =>
  Object.fromEntries(measurements.map(({ quantity, value }) => [quantity, value]));

describe.skipIf(!ffmpeg)("microphones (skipped without ffmpeg)", () => {
  describeSensor("sound", async () => {
    const sounds = openSounds();
    const device = await recording(TONE);
    const microphone = sound.options.parse({ driver: "sound", source: "file", device, everySeconds: 1 });
    const ear = listen(
      { ...microphone, name: "air-7" },
      { clock, heard: sounds.heard, lost: (why) => sounds.away("air-7", { state: "lost", why }) },
    );
    onTestFinished(() => ear.stop());
    return {
      open: (context) => sound.open(microphone, { ...context, sounds }),
      // A pause shuts the microphones: that is how one vanishes.
      vanish: async () => {
        await ear.stop();
        sounds.away("air-7", { state: "lost", why: "unplugged" });
      },
    };
  });

  it("says of a tone how loud it is, and that nobody speaks", async () => {
    const { sensor } = await hearing(await recording(TONE));
    await nextMeasurements(sensor);
    const { sound_level, speech_share } = byQuantity(await nextMeasurements(sensor));
    expect(sound_level).toBeCloseTo(-21.1, 0);
    expect(speech_share).toBe(0);
  }, 20_000);

  it("finds a tone as loud in two channels as in one", async () => {
    const both = "sine=frequency=1000,pan=stereo|c0=c0|c1=c0";
    const { sensor } = await hearing(await recording(both));
    expect(byQuantity(await nextMeasurements(sensor)).sound_level).toBeCloseTo(-21.1, 0);
  }, 20_000);

  it("says of what comes and goes like syllables that it is speech, and tells sound pressure when calibrated", async () => {
    const { sensor } = await hearing(await recording(BABBLE), { calibrationDecibels: 90 });
    // What is like speech is known after two seconds.
    for (let second = 1; second < 3; second++) await nextMeasurements(sensor);
    const { noise, sound_level, speech_share } = byQuantity(await nextMeasurements(sensor));
    expect(noise).toBeGreaterThan(55);
    expect(noise).toBeLessThan(90);
    expect(sound_level).toBeUndefined();
    expect(speech_share).toBeGreaterThan(0.5);
  }, 20_000);

  it("says nothing of speech before it can tell", async () => {
    const { sensor } = await hearing(await recording(BABBLE));
    const said = async () => Object.keys(byQuantity(await nextMeasurements(sensor)));
    expect(await said(), "after one second").toEqual(["sound_level"]);
    expect(await said(), "after two").toEqual(["sound_level", "speech_share"]);
  }, 20_000);

  it.skipIf(!hasAlsa)(
    "hears a microphone with one channel by its bare name (skipped without an ffmpeg that has ALSA)",
    async () => {
      // A card that is not there, as alsa-lib lets one be described: it gives one channel, from a file, and no other number.
      const folder = await temporaryFolder();
      const samples = path.join(folder, "tone.raw");
      const source = ["-f", "lavfi", "-i", TONE, "-t", "3", "-ar", "48000", "-ac", "1", "-f", "s16le"];
      execFileSync(ffmpeg!, ["-loglevel", "error", ...source, samples]);
      const card = "@args [ CARD DEV ] @args.CARD { type string } @args.DEV { type string }";
      const file = path.join(folder, "alsa.conf");
      const oneChannel =
        "type multi slaves.a { pcm { type null } channels 1 } bindings.0 { slave a channel 0 }";
      const recorded = `type file slave.pcm { ${oneChannel} } file /dev/null infile ${samples} format raw`;
      await writeFile(
        file,
        `pcm.hw { ${card} ${recorded} }\npcm.plughw { ${card} type plug slave.pcm { ${recorded} } }\n`,
      );
      vi.stubEnv("ALSA_CONFIG_PATH", file);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { sensor } = await hearing("hw:1,0", { source: "alsa" });
      expect(byQuantity(await nextMeasurements(sensor)).sound_level).toBeCloseTo(-21.1, 0);
    },
    20_000,
  );

  it("has no number for a microphone that gives nothing but zeros", async () => {
    const { sensor } = await hearing(await recording("anullsrc=r=44100:cl=mono"));
    await nextMeasurements(sensor);
    const { sound_level, speech_share } = byQuantity(await nextMeasurements(sensor));
    expect(sound_level).toBe(Number.NEGATIVE_INFINITY);
    expect(speech_share).toBe(0);
  }, 20_000);

  it("says why there is none, and which", async () => {
    const { sensor } = await hearing("/nowhere.wav");
    const report = await sensor.next();
    expect(report?.away?.state).toBe("lost");
    expect(report?.away?.why).toMatch(/No such file/);
    const alsa = await hearing("hw:77,0", { source: "alsa" });
    expect((await alsa.sensor.next())?.away).toMatchObject({ state: "lost" });
  }, 20_000);
});
