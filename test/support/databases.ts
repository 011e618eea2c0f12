import { hasInflux, type Influx, startInflux } from "./influxd.ts";
import { hasInflux2, startInflux2 } from "./influxd2.ts";

/** The databases that a suite is run against, each where its program is: `describe.each(DATABASES)("… $name", …)`. */
export const DATABASES: readonly {
  readonly name: string;
  readonly missing: boolean;
  start(): Promise<Influx>;
}[] = [
  {
    name: "a real InfluxDB 1.x (skipped where influxd is not installed)",
    missing: !hasInflux,
    start: startInflux,
  },
  {
    name: "a real InfluxDB 2.x (skipped without influxd2 on PATH)",
    missing: !hasInflux2,
    start: startInflux2,
  },
];
