/**
 * The room's air and noise as bands of comfort: where each begins, and the colour it has. The same steps as on the Grafana
 * panels (provisioning/look.ts; a test compares them). Comfort, and no claim about attention.
 */
export const air = {
  bandsOf(quantity) {
    const steps = {
      co2: [
        [0, "calm"],
        [1000, "mild"],
        [1400, "strong"],
      ],
      noise: [
        [0, "calm"],
        [50, "quiet"],
        [65, "mild"],
      ],
      temperature: [
        [Number.NEGATIVE_INFINITY, "quiet"],
        [19, "calm"],
        [26, "mild"],
      ],
    };
    return steps[quantity];
  },
  /** A reading in words; one that is not to be believed, or is old, is unknown. */
  feltAs({ quantity, value, unit, quality, time }) {
    const isKnown =
      value !== null && ["ok", "jump", "low_battery"].includes(quality) && this.now - time < 10 * 60000;
    if (!isKnown) return { quantity, band: "none", value: "–", word: this.words.unknownValue };
    const index = this.bandsOf(quantity).findLastIndex(([from]) => value >= from);
    const shown = { "[ppm]": "ppm", "dB[SPL]": "dB", Cel: "°C" }[unit] ?? unit;
    return {
      quantity,
      band: this.bandsOf(quantity)[index][1],
      value: Math.round(value) + " " + shown,
      word: this.words.bands[quantity][index],
    };
  },
};

/** What the page shows of the air: the highest believable reading of each quantity that a sensor has. */
export const comfort = {
  comfort() {
    return ["co2", "noise", "temperature"].flatMap((quantity) => {
      const mine = this.air
        .filter((reading) => reading.quantity === quantity)
        .map((reading) => [reading, this.feltAs(reading)]);
      const known = mine.filter(([, felt]) => felt.band !== "none").sort(([a], [b]) => b.value - a.value);
      return (known[0] ?? mine[0])?.slice(1) ?? [];
    });
  },
};
