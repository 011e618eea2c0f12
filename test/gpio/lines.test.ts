import { expect, it } from "vitest";
import { linesIn } from "../../gateway/gpio/lines.ts";

/** As both versions printed them at a chip of the kernel's gpio-sim. */
const PRINTED = {
  "1.6": [
    "gpiochip0 - 32 lines:",
    "\tline   3:      unnamed       unused   input  active-high ",
    '\tline   4:      "GPIO4"    "gpiomon"   input   active-low [used]',
    '\tline  17:     "GPIO17"    "gpioset"  output  active-high [used]',
    "gpiochip1 - 4 lines:",
    '\tline   0:     "GPIO17"       unused  output  active-high ',
  ],
  "2.2": [
    "gpiochip0 - 32 lines:",
    "\tline   3:\tunnamed         \tinput",
    '\tline   4:\t"GPIO4"         \tinput active-low edges=both consumer="gpiomon"',
    '\tline  17:\t"GPIO17"        \toutput consumer="gpioset"',
    "gpiochip1 - 4 lines:",
    '\tline   0:\t"GPIO17"        \toutput',
  ],
};

it.each(Object.entries(PRINTED))("reads the kernel's lines as gpioinfo %s prints them", (_, printed) => {
  expect(linesIn(`${printed.join("\n")}\n`)).toEqual([
    { chip: "gpiochip0", offset: 3, name: null, direction: "input", used: false },
    { chip: "gpiochip0", offset: 4, name: "GPIO4", direction: "input", used: true },
    { chip: "gpiochip0", offset: 17, name: "GPIO17", direction: "output", used: true },
    { chip: "gpiochip1", offset: 0, name: "GPIO17", direction: "output", used: false },
  ]);
});

it("reads nothing where there is no chip", () => {
  expect(linesIn("")).toEqual([]);
});
