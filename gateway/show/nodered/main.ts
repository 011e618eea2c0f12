import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import express from "express";
import { reason } from "../../errors.ts";
import type { Said } from "../../terms.ts";
import { readFlows } from "./flows.ts";
import { editorPath, openGate } from "./gate.ts";
import { Lesson } from "./lesson.ts";
import type { LiveOrder, LiveWord, ParentWord } from "./order.ts";
import { readWords } from "./page.ts";
import { placeFlows } from "./place.ts";
import { RED } from "./runtime.ts";
import { seal } from "./seal.ts";
import { settingsFor } from "./settings.ts";
import { tidy } from "./stored.ts";
import type { WhyWords } from "./why.ts";

/**
 * The live page's own process: Node-RED with its dashboard. Flows run in here and nowhere else, so that one that goes
 * wrong takes nothing with it. The parent gives one order; when the parent is gone, so is this.
 */
const say = (word: LiveWord) => void process.send?.(word);

const minVersion = "TLSv1.2";

async function start(order: LiveOrder): Promise<void> {
  const app = express().disable("x-powered-by");
  const secure = order.tls && createTlsServer({ ...order.tls, minVersion }, app);
  const server = secure ?? createServer(app);
  process.on("message", (told: ParentWord) => {
    if (told.word === "renewed") secure?.setSecureContext({ ...told.tls, minVersion });
  });

  // For a school's own `mqtt in`: ${FOCUS_TOPICS_ALL}. Nothing secret: every node may read the environment.
  Object.assign(process.env, { FOCUS_TOPICS: order.topics, FOCUS_TOPICS_ALL: `${order.topics}/#` });
  const warn = (text: string) => say({ word: "log", level: "warn", text });
  for (const said of await tidy(order.folder, Date.now())) warn(said);
  const ours = await readFlows(order.flows, order.settings);

  const gate = openGate(order);
  const words = Object.entries(await readWords(path.join(order.flows, "live")));
  const lesson = new Lesson({
    room: order.room,
    played: order.played,
    topics: order.topics,
    counts: order.counts,
    words: Object.fromEntries(words.map(([language, table]) => [language, table.why as unknown as WhyWords])),
    past: recall,
    now: () => Date.now(),
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(order.port, order.host, resolve);
  });
  RED.init(server, settingsFor(order, { gate, lesson, say }));
  app.use(gate.http);
  // Node-RED takes seconds, and whoever opens the page in them is not to see "not found".
  let isUp = false;
  const starting = words.map(([language, { starting }]) => `<p lang="${language}">${starting}</p>`).join("");
  app.use((_request, response, next) => {
    if (isUp) return next();
    response.status(503).set("retry-after", "2");
    response.send(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2">${starting}`);
  });
  if (order.editor) app.use(editorPath, RED.httpAdmin);
  app.use("/", RED.httpNode);

  seal();
  await placeFlows({ folder: order.folder, ours, leaveOut: order.leaveOut, warn });
  isUp = true;
  say({ word: "up", port: (server.address() as AddressInfo).port });
}

/** Asks the parent, which has the records. */
function recall(): Promise<readonly Said[]> {
  return new Promise((resolve) => {
    const hear = (told: ParentWord) => {
      if (told.word !== "past") return;
      process.off("message", hear);
      resolve(told.past);
    };
    process.on("message", hear);
    say({ word: "recall" });
  });
}

process.on("message", (told: ParentWord) => {
  if (told.word !== "order") return;
  start(told.order).catch((error: NodeJS.ErrnoException) => {
    say({ word: "failed", problem: reason(error), portInUse: error.code === "EADDRINUSE" });
    process.disconnect?.();
  });
});

// The parent closed the channel or died: nothing here needs saving.
process.once("disconnect", () => process.exit(0));
// Ctrl-C, and often SIGTERM, reach the whole group of processes; in which order they end is the parent's business.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});

// A sign of life, so that the parent notices an endless loop in a flow, and one that leaves hardly any time for the rest.
let before = performance.eventLoopUtilization();
setInterval(() => {
  const now = performance.eventLoopUtilization();
  const busy = performance.eventLoopUtilization(now, before).utilization;
  before = now;
  say({ word: "alive", memoryMb: process.memoryUsage.rss() / 1e6, busy });
}, 2000).unref();
say({ word: "ready" });
