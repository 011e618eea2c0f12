import type { Quantity } from "./quantities.ts";

/** What a key that devices use means, and the unit it is in when they do not say. */
export interface Meaning {
  readonly quantity: Quantity;
  readonly unit: string;
}

/**
 * Keys as hubs and firmwares write them, in small letters and without anything between. `eCO2` is not among them: it is
 * guessed from volatile compounds and no carbon dioxide was measured.
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  co2: { quantity: "co2", unit: "[ppm]" },
  carbondioxide: { quantity: "co2", unit: "[ppm]" },
  temperature: { quantity: "temperature", unit: "Cel" },
  temp: { quantity: "temperature", unit: "Cel" },
  humidity: { quantity: "humidity", unit: "%" },
  relativehumidity: { quantity: "humidity", unit: "%" },
  pressure: { quantity: "pressure", unit: "hPa" },
  airpressure: { quantity: "pressure", unit: "hPa" },
  illuminance: { quantity: "light", unit: "lx" },
  illuminancelux: { quantity: "light", unit: "lx" },
  ambientlight: { quantity: "light", unit: "lx" },
  lux: { quantity: "light", unit: "lx" },
  noise: { quantity: "noise", unit: "dB[SPL]" },
  soundpressure: { quantity: "noise", unit: "dB[SPL]" },
  voc: { quantity: "voc", unit: "ug/m3" },
  tvoc: { quantity: "tvoc", unit: "[ppb]" },
  vocindex: { quantity: "voc_index", unit: "1" },
  pm1: { quantity: "pm1", unit: "ug/m3" },
  pm10: { quantity: "pm10", unit: "ug/m3" },
  pm25: { quantity: "pm25", unit: "ug/m3" },
  battery: { quantity: "battery", unit: "%" },
  batterylevel: { quantity: "battery", unit: "%" },
};

const squeezed = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** What that key means; undefined when it is none of ours. */
export function meaningOf(name: string): Meaning | undefined {
  const key = squeezed(name);
  return Object.hasOwn(MEANINGS, key) ? MEANINGS[key] : undefined;
}

/** `scd40_co2`, `Room 12 Temperature`: names that people give end in what is measured. */
export function meaningOfEnd(name: string): Meaning | undefined {
  const words = name.split(/[\s_.-]+/);
  for (let first = 0; first < words.length; first++) {
    const meaning = meaningOf(words.slice(first).join(""));
    if (meaning) return meaning;
  }
  return undefined;
}
