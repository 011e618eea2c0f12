import { z } from "zod";
import { failure, reason } from "../../errors.ts";
import type { Clock } from "../../terms.ts";
import { converse } from "../conversation.ts";
import { Inflow } from "../inflow.ts";
import { cutLines, patternOption, type ReadLine, readJson, readText } from "../lines.ts";
import { fieldOption } from "../mapping.ts";
import { answerIn, METERS, type Meter } from "../meters.ts";
import { poll } from "../poll.ts";
import { openPort, type PortOptions } from "../port.ts";
import { type Sensor, sensorDriver } from "../sensor.ts";

const ANSWER_MS = 2_000;

/** A device on a serial port (UART, USB): lines of text or JSON that it writes, or a CO₂ meter that is asked. */
export const serial = sensorDriver({
  options: z.strictObject({
    driver: z.literal("serial"),
    path: z.string().min(1).describe("Serial port, best by its name under /dev/serial/by-id."),
    protocol: z
      .enum(["json", "lines", "mh-z19", "senseair"])
      .describe(
        "`json`: an object a line; `lines`: text with `patterns`; `mh-z19` (Winsen) and `senseair` (S8 and kin): meters that are asked.",
      ),
    baudRate: z
      .int()
      .min(300)
      .max(4_000_000)
      .default(9_600)
      .describe("Bits a second. Both kinds of meter take 9600."),
    parity: z.enum(["none", "even", "odd"]).default("none").describe("Parity bit."),
    fields: z
      .array(fieldOption)
      .default([])
      .describe("JSON: where each quantity stands. Left out: the keys that are known by name."),
    patterns: z.array(patternOption).default([]).describe("Lines: how each quantity is found in them."),
    everySeconds: z.number().min(1).max(3_600).default(10).describe("How often a meter is asked."),
  }),
  open(options, { name, clock }) {
    const lost = (problem: string, cause?: unknown) =>
      failure("SENSOR_LOST", { sensor: name, problem }, cause);
    switch (options.protocol) {
      case "json":
        return listen(options, readJson(options.fields), lost);
      case "lines":
        return listen(options, readText(options.patterns), lost);
      default:
        return ask(METERS[options.protocol], options, lost, clock);
    }
  },
});

type Lost = (problem: string, cause?: unknown) => Error;

/** A device that speaks by itself. */
async function listen(options: PortOptions, read: ReadLine, lost: Lost): Promise<Sensor> {
  const inflow = new Inflow();
  const heard = cutLines((line) => {
    void read(line).then((measurements) => {
      if (measurements.length > 0) inflow.put({ measurements });
    });
  });
  const { path, baudRate, parity } = options;
  const listener = { heard, lost: (why: string) => inflow.fail(lost(why)) };
  const port = await openPort({ path, baudRate, parity }, listener).catch((error) => {
    throw lost(reason(error), error);
  });
  return {
    next: () => inflow.next(),
    async close() {
      inflow.close();
      await port.close();
    },
  };
}

/** A meter that answers when it is asked. */
async function ask(
  meter: Meter,
  { path, baudRate, parity, everySeconds }: PortOptions & { readonly everySeconds: number },
  lost: Lost,
  clock: Clock,
): Promise<Sensor> {
  const orLost = (error: unknown) => {
    throw lost(reason(error), error);
  };
  const talk = await converse({ path, baudRate, parity, answerMs: ANSWER_MS }, clock).catch(orLost);
  return poll(
    {
      everySeconds,
      async read() {
        const answer = await talk.ask(meter.request, (heard) => answerIn(heard, meter)).catch(orLost);
        const said = meter.read(answer);
        if ("problem" in said) throw lost(said.problem);
        return { measurements: [said.measurement] };
      },
      close: () => talk.close(),
    },
    clock,
  );
}
