/**
 * What is measured, each in one unit: the only table of it. A device may say it in any unit of `units.ts` that fits.
 */
interface Kind {
  /** UCUM (https://ucum.org). */
  readonly unit: string;
  readonly meaning: string;
  /** What a sensor in a classroom that works can say. */
  readonly plausible: readonly [low: number, high: number];
  /** The most it changes in a minute, or between two readings that come faster; null where it may change at once. */
  readonly jump: number | null;
  /** Real air never stands still: the very same value for so long is a sensor that hangs. Null where it may. */
  readonly stuckMinutes: number | null;
  /** Where it may stand still over a long weekend all the same: at such a value and below, or in whole numbers. */
  readonly rests?: { readonly atMost: number } | { readonly whole: true };
  /** Said rarely by nature, so that it does not grow stale. */
  readonly rare?: true;
}

/** Fewer readings alike than this do not make a sensor stuck, however far apart they are. */
export const STUCK_READINGS = 5;

const HOURS = 60;

/** So long may it rest: from Friday until Tuesday. A meter that hangs just there is found after that. */
export const RESTING_MINUTES = 96 * HOURS;

export const KINDS = {
  // Outdoor air holds some 425 ppm; a meter that says 0 is warming up. NDIR meters end at 5,000 or 10,000.
  co2: {
    unit: "[ppm]",
    meaning: "carbon dioxide",
    plausible: [300, 10_000],
    jump: 1_500,
    stuckMinutes: 4 * HOURS,
    // An empty room comes down to the air outside, in a city some 450; and many meters never say less than 400.
    rests: { atMost: 450 },
  },
  temperature: {
    unit: "Cel",
    meaning: "air temperature",
    plausible: [-20, 60],
    jump: 5,
    stuckMinutes: 24 * HOURS,
    // DHT11 and kin know whole degrees only, and a heated house keeps one for days.
    rests: { whole: true },
  },
  humidity: {
    unit: "%",
    meaning: "relative humidity",
    plausible: [1, 100],
    jump: 30,
    stuckMinutes: 24 * HOURS,
    rests: { whole: true },
  },
  // La Paz lies at 640 hPa.
  pressure: {
    unit: "hPa",
    meaning: "air pressure",
    plausible: [550, 1_090],
    jump: 10,
    stuckMinutes: 24 * HOURS,
  },
  light: { unit: "lx", meaning: "illuminance", plausible: [0, 120_000], jump: null, stuckMinutes: null },
  noise: {
    unit: "dB[SPL]",
    meaning: "sound pressure level, A-weighted, from a calibrated meter",
    plausible: [15, 130],
    jump: null,
    stuckMinutes: 10,
    // A school at night is quieter than most meters can hear: their scales begin at 30, 35 or 40.
    rests: { atMost: 40 },
  },
  sound_level: {
    unit: "dB",
    meaning: "sound level, A-weighted, relative to the microphone's digital full scale",
    plausible: [-120, 3],
    jump: null,
    stuckMinutes: 10,
  },
  speech_share: {
    unit: "1",
    meaning: "share of the time in which the sound rose and fell as speech does",
    plausible: [0, 1],
    jump: null,
    stuckMinutes: null,
  },
  voc: {
    unit: "ug/m3",
    meaning: "volatile organic compounds",
    plausible: [0, 60_000],
    jump: null,
    stuckMinutes: null,
  },
  tvoc: {
    unit: "[ppb]",
    meaning: "volatile organic compounds, as a share",
    plausible: [0, 60_000],
    jump: null,
    stuckMinutes: null,
  },
  voc_index: {
    unit: "1",
    meaning: "VOC index, 100 being usual",
    plausible: [0, 500],
    jump: null,
    stuckMinutes: null,
  },
  pm1: { unit: "ug/m3", meaning: "particles to 1 µm", plausible: [0, 1_000], jump: 500, stuckMinutes: null },
  pm25: {
    unit: "ug/m3",
    meaning: "particles to 2.5 µm",
    plausible: [0, 1_000],
    jump: 500,
    stuckMinutes: null,
  },
  pm10: {
    unit: "ug/m3",
    meaning: "particles to 10 µm",
    plausible: [0, 2_000],
    jump: 500,
    stuckMinutes: null,
  },
  battery: {
    unit: "%",
    meaning: "the sensor's own battery",
    plausible: [0, 100],
    jump: null,
    stuckMinutes: null,
    rare: true,
  },
  voltage: {
    unit: "V",
    meaning: "the sensor's own supply",
    plausible: [0, 60],
    jump: null,
    stuckMinutes: null,
    rare: true,
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type Quantity = keyof typeof KINDS;
export const QUANTITIES = Object.keys(KINDS) as [Quantity, ...Quantity[]];

export const kindOf = (quantity: Quantity): Kind => KINDS[quantity];
