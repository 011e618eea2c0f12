import type { Sink, SinkSource } from "../sink.ts";
import { openEmbedded } from "./embedded.ts";
import { type InfluxOptions, openInflux } from "./influx.ts";

/** The registry: every kind of sink and what it is opened with. */
export type SinkOptions =
  | { readonly sink: "embedded"; readonly dataFolder: string }
  | { readonly sink: "influx"; readonly server: InfluxOptions };

export function openSink(options: SinkOptions): Promise<Sink> {
  switch (options.sink) {
    case "embedded":
      return openEmbedded(options.dataFolder);
    case "influx":
      return openInflux(options.server);
  }
}

/** The sink, yet to be opened. */
export function sinkSource(options: SinkOptions): SinkSource {
  return { name: options.sink, open: () => openSink(options) };
}
