import type { Activity } from "../terms.ts";
import type { Scene } from "./sensor.ts";

/**
 * The air of a classroom as a well-mixed box: what people breathe out stays until it is aired away. Pure; every figure is
 * a usual one for a classroom, with its source.
 */
export interface Air {
  /** ppm */
  readonly co2: number;
  /** °C */
  readonly temperature: number;
  /** Grams of water in a cubic metre. */
  readonly vapour: number;
}

export interface AirRoom {
  readonly students: number;
  readonly cubicMetres: number;
}

const OUTDOORS: Air = { co2: 425, temperature: 8, vapour: 6.6 }; // 80 % at 8 °C: an autumn day

/** Litres of CO₂ a second from a pupil at 1.2–1.4 met, aged 11 to 16 (Persily and de Jonge 2017, table 4). */
const CO2_A_PERSON = 0.004;
/** Grams of water an hour, and watts of warmth (EN ISO 7730; VDI 2078). */
const VAPOUR_A_PERSON = 50;
const WATTS_A_PERSON = 75;
/** Times an hour that the room's air is exchanged: windows shut, and wide open (Umweltbundesamt 2008). */
const CHANGES_SHUT = 0.3;
const CHANGES_OPEN = 6;

const AIR_HEAT = (1.2 * 1005) / 3600; // Wh for a cubic metre and a degree
const WALLS_WATTS_A_DEGREE = 80;
/** Joules a degree for each cubic metre: the air, and what stands in it and around it gives ten times as much. */
const HEAT_KEPT = 11 * 1.2 * 1005;
const HEATING = { below: 21, wattsADegree: 2_000, most: 4_000 };
const LONGEST_STEP = 20;

/** The air so many seconds later, the scene staying as it is. */
export function airAfter(air: Air, { activity, airing }: Scene, room: AirRoom, seconds: number): Air {
  const open = airing || activity === "break";
  const people = activity === "break" ? 2 : room.students + 1;
  const changes = open ? CHANGES_OPEN : CHANGES_SHUT;
  const volume = room.cubicMetres;
  /** The exact solution of dc/dt = source/volume − changes·(c − outdoors), everything by the hour. */
  const balance = (now: number, outdoors: number, source: number) => {
    const settled = outdoors + source / (changes * volume);
    return settled + (now - settled) * Math.exp((-changes * seconds) / 3600);
  };
  const litres = people * CO2_A_PERSON * 3600;
  const temperature = temperatureAfter(air.temperature, people, changes, volume, seconds);
  return {
    co2: balance(air.co2, OUTDOORS.co2, litres * 1000), // a litre in a cubic metre is 1000 ppm
    vapour: Math.min(saturation(temperature), balance(air.vapour, OUTDOORS.vapour, people * VAPOUR_A_PERSON)),
    temperature,
  };
}

/** People and heating against walls and windows. In small steps, for the heating has a thermostat. */
function temperatureAfter(start: number, people: number, changes: number, volume: number, seconds: number) {
  const lossesADegree = WALLS_WATTS_A_DEGREE + AIR_HEAT * changes * volume;
  let temperature = start;
  for (let left = seconds; left > 0; left -= LONGEST_STEP) {
    const heating = Math.max(0, (HEATING.below - temperature) * HEATING.wattsADegree);
    const watts =
      people * WATTS_A_PERSON +
      Math.min(HEATING.most, heating) -
      lossesADegree * (temperature - OUTDOORS.temperature);
    temperature += (watts * Math.min(left, LONGEST_STEP)) / (HEAT_KEPT * volume);
  }
  return temperature;
}

/** Relative humidity in percent. */
export const humidityOf = ({ vapour, temperature }: Air): number => (100 * vapour) / saturation(temperature);

/** Grams of water that a cubic metre can hold: Magnus' formula (WMO-No. 8, 4.B). */
const saturation = (celsius: number) =>
  (216.7 * 6.112 * Math.exp((17.62 * celsius) / (243.12 + celsius))) / (273.15 + celsius);

/**
 * dB(A) on average, as measured in 140 London classrooms (Shield and Dockrell 2004, table VI): silent work, one person
 * speaking, work at desks, in groups. In a break the class is in the yard.
 */
const LOUDNESS: Readonly<Record<Activity, number>> = {
  exam: 56,
  lecture: 61,
  seatwork: 65,
  group: 73,
  break: 45,
};
export const SPEECH: Readonly<Record<Activity, number>> = {
  exam: 0.03,
  lecture: 0.8,
  seatwork: 0.35,
  group: 0.75,
  break: 0.2,
};

/** `swing` is −1 to 1. An open window lets the street in. */
export const noiseOf = ({ activity, airing }: Scene, swing: number): number =>
  LOUDNESS[activity] + 3 * swing + (airing ? 2 : 0);
