import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import RED, { type RuntimeEvent } from "node-red";
import { reason } from "../../errors.ts";
import { readFlows, withOurs } from "./flows.ts";
import { openGate } from "./gate.ts";
import { Lesson } from "./lesson.ts";
import type { LiveOrder, LiveWord } from "./order.ts";
import { editorPath, settingsFor } from "./settings.ts";

/**
 * The live page's own process: Node-RED with its dashboard. Flows run in here and nowhere else, so that one that goes
 * wrong takes nothing with it. The parent gives one order; when the parent is gone, so is this.
 */
const say = (word: LiveWord) => void process.send?.(word);

async function start(order: LiveOrder): Promise<void> {
  // Node-RED puts these where a flow says ${FOCUS_…}. Set here, they never stand in the process's environment block.
  Object.assign(process.env, {
    FOCUS_MQTT_URL: order.mqtt.url,
    FOCUS_MQTT_USERNAME: order.mqtt.username ?? "",
    FOCUS_MQTT_PASSWORD: order.mqtt.password ?? "",
    FOCUS_TOPICS: order.topics,
    FOCUS_TOPICS_ALL: `${order.topics}/#`,
  });

  const app = express().disable("x-powered-by");
  const server = createServer(app);
  const gate = openGate(order);
  const lesson = new Lesson(order.room, order.topics, order.counts, () => Date.now());

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(order.port, order.host, resolve);
  });
  RED.init(server, settingsFor(order, { gate, lesson, say }));
  app.use(gate.http);
  if (order.editor) app.use(editorPath, RED.httpAdmin);
  app.use("/", RED.httpNode);

  // Safe mode loads what is stored and runs nothing; putting flows in place then ends it.
  const loaded = happened(({ id, payload }) => id === "runtime-state" && payload !== undefined);
  await RED.start();
  await loaded;
  const stored = await RED.runtime.flows.getFlows({});
  const flows = withOurs(stored?.flows ?? [], await readFlows(order.flows));
  const deployed = happened(({ id }) => id === "runtime-deploy");
  await RED.runtime.flows.setFlows({ flows: { flows }, deploymentType: "full" });
  await deployed;
  say({ word: "up", port: (server.address() as AddressInfo).port });
}

/** Resolves at the first word from Node-RED's runtime for which `test` holds: its calls return before the work is done. */
function happened(test: (event: RuntimeEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    RED.events.on("runtime-event", (event) => {
      if (test(event)) resolve();
    });
  });
}

process.once("message", (order: LiveOrder) => {
  start(order).catch((error: NodeJS.ErrnoException) => {
    say({ word: "failed", problem: reason(error), portInUse: error.code === "EADDRINUSE" });
    process.disconnect?.();
  });
});

// The parent closed the channel or died: nothing here needs saving.
process.once("disconnect", () => process.exit(0));
// Ctrl-C, and often SIGTERM, reach the whole group of processes; in which order they end is the parent's business.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});

// A sign of life, so that the parent notices an endless loop in a flow.
setInterval(() => say({ word: "alive", memoryMb: process.memoryUsage.rss() / 1e6 }), 2000).unref();
say({ word: "ready" });
