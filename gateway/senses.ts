import type { Surroundings as Air } from "./attend/attend.ts";
import type { Config } from "./config.ts";
import type { Flow } from "./flow.ts";
import type { Logger } from "./log.ts";
import { type GatewayEvent, sensorMessage } from "./publish/publish.ts";
import {
  openSense,
  openSounds,
  type Sense,
  type SenseContext,
  type Sounds,
  watchAir,
} from "./sense/sense.ts";
import type { Clock, Message } from "./terms.ts";

/** The room's sensors, joined to the rest of the gateway. */
export interface Senses extends Sense {
  /** Where the eye puts what its microphones hear. */
  readonly sounds: Sounds;
}

export interface SensesContext {
  readonly broker: SenseContext["broker"];
  readonly air: Air;
  readonly flow: Flow;
  readonly say: (time: number, message: (time: number) => Message) => void;
  readonly tell: (event: GatewayEvent) => void;
}

/**
 *   sense ──Reading─┬─▶ attend: the air at each look
 *                   ├─▶ publish: sensor/{device}/{quantity}
 *                   └─▶ the watch over the air: event/air_stale, event/air_fresh
 */
export function openSenses(
  { sensors, sense }: Pick<Config, "sensors" | "sense">,
  { broker, air, flow, say, tell }: SensesContext,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Senses {
  const sounds = openSounds();
  const turnIn = watchAir(sense.air);
  const opened = openSense(sensors, {
    broker,
    sounds,
    log,
    clock,
    scene: () => ({ activity: flow.lesson.activity, airing: flow.airing }),
    onReading(reading) {
      air.take(reading);
      say(reading.time, (time) => sensorMessage({ ...reading, time }));
      const turn = turnIn(reading);
      if (turn) tell({ ...turn });
    },
  });
  return { ...opened, sounds };
}
