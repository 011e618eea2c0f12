import { readFile } from "node:fs/promises";
import { listPorts } from "../port.ts";
import { IIO_FOLDER, listChips } from "../sensors/iio.ts";
import { type Found, nameFrom } from "./found.ts";

export interface MachinePlaces {
  readonly iioFolder?: string;
  readonly alsaFile?: string;
}

/** What is plugged into this machine: chips, serial ports, microphones. A kind that cannot be looked at shows nothing. */
export async function scanMachine(places: MachinePlaces = {}): Promise<Found[]> {
  const kinds = [
    scanChips(places.iioFolder ?? IIO_FOLDER),
    scanPorts(),
    scanMicrophones(places.alsaFile ?? "/proc/asound/pcm"),
  ];
  return (await Promise.all(kinds.map((kind) => kind.catch(() => [])))).flat();
}

async function scanChips(folder: string): Promise<Found[]> {
  const chips = await listChips(folder);
  const isAlone = (name: string) => chips.filter((chip) => chip.name === name).length === 1;
  return chips
    .filter(({ channels }) => channels.length > 0)
    .map(({ name, at, channels }) => ({
      what: `Linux industrial I/O: ${name} (${at}) with ${channels.join(", ")}`,
      config: { name: nameFrom(name), driver: "iio", device: isAlone(name) ? name : at },
    }));
}

async function scanPorts(): Promise<Found[]> {
  return (await listPorts()).map(({ path, maker }) => ({
    what: `serial port ${path}${maker ? ` (${maker})` : ""}`,
    config: { name: nameFrom(maker ?? "", "serial-1"), driver: "serial", path, protocol: "json" },
    note: "nobody can tell by looking what is on it: set `protocol` to json, lines, mh-z19 or senseair",
  }));
}

/** `00-01: USB Audio : USB Audio : playback 1 : capture 1`: card, device, and what it can do. */
async function scanMicrophones(file: string): Promise<Found[]> {
  return (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => /\bcapture\b/.test(line))
    .flatMap((line): Found[] => {
      const [, card, device, what] = /^(\d+)-(\d+): ([^:]*)/.exec(line) ?? [];
      if (card === undefined || device === undefined) return [];
      return [
        {
          what: `microphone hw:${Number(card)},${Number(device)} (${what!.trim()})`,
          config: { name: "ear", driver: "sound", device: `hw:${Number(card)},${Number(device)}` },
          note: "tell the class, and your data protection officer, before a microphone listens",
        },
      ];
    });
}
