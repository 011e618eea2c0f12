import { Gauge, Registry } from "prom-client";
import type { FlowsState } from "../health.ts";
import type { StatusReport } from "./report.ts";

/**
 * The report as Prometheus text. What is unknown is left out rather than written as 0, so that a graph shows a gap.
 * The only labels are names from the config (camera, sink, process): never a seat or a person.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(report: StatusReport): Promise<string> {
    const { health, room } = report;
    this.#registry.resetMetrics();
    this.#set("ready", "1 when the gateway is ready", report.notReady.length === 0 ? 1 : 0);
    this.#set("uptime_seconds", "Seconds since the gateway started", health.uptimeSeconds);
    this.#set("focus_ratio", "The room's focus in its last window, 0-1; absent when unknown", room?.focus);
    this.#set("coverage_ratio", "Share of expected head-time that was seen, 0-1", room?.coverage);
    this.#set("frames_per_second", "Pictures looked at per second", health.framesPerSecond);
    this.#set("frame_age_seconds", "Seconds since the last picture", health.frameAgeSeconds);
    this.#set("spool_messages", "Messages on disk that wait for the broker", health.spoolDepth);
    this.#set("spool_bytes", "Disk that the waiting messages take", health.spoolBytes);
    this.#set("dropped_messages", "Messages lost because their place was full", health.dropped);
    this.#set("set_aside_messages", "Messages on which the broker hung up again and again", health.setAside);
    this.#set("held_messages", "Messages that wait until the clock can be believed", health.held);
    this.#set("refused_messages", "Messages not recorded: they are not of the contract", health.refused);
    this.#set("damaged_records", "Records damaged on disk and skipped", health.damaged);
    this.#set("disk_free_bytes", "Free space where the data is kept", scaled(health.diskFreeMegabytes, 1e6));
    this.#set("certificate_days", "Days until the first certificate runs out", health.certificateDays);
    this.#set("temperature_celsius", "The hottest zone of the machine", health.temperatureCelsius);
    this.#set(
      "flows_ok",
      "1 when page and flows run; 0 when they failed or the school's were left out",
      okOf(health.flows),
    );
    this.#set(
      "config_as_given",
      "1 with the config that was given; 0 with the last good one in its place",
      health.config === "as_given" ? 1 : 0,
    );
    for (const [camera, state] of Object.entries(health.cameras))
      this.#set("camera_ok", "1 when the camera delivers", state === "ok" ? 1 : 0, { camera });
    for (const [sensor, state] of Object.entries(health.sensors))
      this.#set("sensor_ok", "1 when the sensor delivers", state === "ok" ? 1 : 0, { sensor });
    for (const [part, count] of Object.entries(report.restarts))
      this.#set("restarts", "How often a process was started again", count, { part });
    for (const [sink, { ok, backlog, refused, lost }] of Object.entries(health.sinks)) {
      this.#set("sink_ok", "1 when the database takes points", ok ? 1 : 0, { sink });
      this.#set("sink_backlog_points", "Points on disk that the database does not have yet", backlog, {
        sink,
      });
      this.#set("sink_refused_points", "Points it will never take; in the dead letters", refused, { sink });
      this.#set("sink_lost_points", "Points gone before it could have them", lost, { sink });
    }
    for (const [part, megabytes] of Object.entries(report.memoryMb))
      this.#set("memory_bytes", "Resident memory of a process", megabytes * 1e6, { part });
    return this.#registry.metrics();
  }

  #set(name: string, help: string, value: number | null | undefined, labels: Record<string, string> = {}) {
    if (value === null || value === undefined || Number.isNaN(value)) {
      // prom-client writes 0 for a gauge without labels that was never set.
      this.#gauges.get(name)?.remove();
      return;
    }
    let gauge = this.#gauges.get(name);
    if (!gauge) {
      gauge = new Gauge({
        name: `focus_gateway_${name}`,
        help,
        labelNames: Object.keys(labels),
        registers: [this.#registry],
      });
      this.#gauges.set(name, gauge);
    }
    gauge.set(labels, value);
  }
}

const okOf = (flows: FlowsState) => (flows === "starting" || flows === "off" ? null : flows === "ok" ? 1 : 0);

const scaled = (value: number | null, factor: number) => (value === null ? null : value * factor);
