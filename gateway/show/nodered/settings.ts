import path from "node:path";
import { editorPath, type Gate } from "./gate.ts";
import type { Lesson } from "./lesson.ts";
import type { LiveOrder, LiveWord } from "./order.ts";

/**
 * Nodes that reach past MQTT and the page (shell, files, raw sockets, HTTP): a flow of a school that needs one should
 * run in a Node-RED of the school's own, which can subscribe to the same broker.
 */
const excluded = [
  "90-exec.js",
  "10-file.js",
  "23-watch.js",
  "21-httpin.js",
  "21-httprequest.js",
  "22-websocket.js",
  "31-tcpin.js",
  "32-udp.js",
];

/** Warnings that tell of what is meant to be so. */
const expected = [
  "Projects disabled",
  "Encrypted credentials not found",
  // Node's permissions take fsync away. What is lost in a power cut is the last deploy; the flows before it are kept.
  "Flushing file",
];

/** Node-RED's levels are numbers; see @node-red/util/lib/log.js. */
const ERROR = 20;

/** Node-RED, shut as far as it goes. https://nodered.org/docs/user-guide/runtime/configuration */
export function settingsFor(
  order: LiveOrder,
  { gate, lesson, say }: { gate: Gate; lesson: Lesson; say: (word: LiveWord) => void },
) {
  return {
    uiHost: order.host,
    uiPort: order.port,
    userDir: order.folder,
    flowFile: "flows.json",
    credentialSecret: order.credentialSecret,
    // Nothing runs until main.ts has put the flows in place.
    safeMode: true,

    // Without an admin password there is no editor and no admin API to guess one for.
    httpAdminRoot: order.editor ? editorPath : (false as const),
    disableEditor: order.editor === null,
    adminAuth: order.editor
      ? {
          type: "credentials",
          users: [{ username: order.editor.username, password: order.editor.passwordHash, permissions: "*" }],
        }
      : undefined,
    httpNodeRoot: "/",
    // Nothing a page sends comes near this; it bounds what a stranger can make the process hold.
    dashboard: { ioMiddleware: gate.socket, maxHttpBufferSize: 16_384 },

    nodesExcludes: excluded,
    nodesDir: [path.join(order.flows, "nodes")],
    // Read by our own nodes alone (flows/nodes/nodes/room.js, destination.js); function nodes do not see settings.
    focusGateway: {
      mqtt: { ...order.mqtt, node: "focus-gateway-broker" },
      destinations: order.destinations,
    },
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
      modules: { allowInstall: false },
    },
    functionExternalModules: false,
    // A function node that never ends is ended.
    globalFunctionTimeout: 5,
    functionGlobalContext: { lesson },
    exportGlobalContextKeys: false,
    contextStorage: { default: { module: "memory" } },
    mqttReconnectTime: 2000,

    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    editorTheme: {
      page: { title: "focus-gateway flows" },
      projects: { enabled: false },
      multiplayer: { enabled: false },
      tours: false,
    },
    logging: {
      gateway: {
        level: "warn",
        metrics: false,
        audit: false,
        handler: () => (entry: { level: number; msg: unknown; type?: string; name?: string }) => {
          const text = entry.msg instanceof Error ? entry.msg.message : String(entry.msg);
          if (expected.some((start) => text.startsWith(start))) return;
          const from = entry.type ? `${entry.name ?? entry.type}: ` : "";
          say({ word: "log", level: entry.level <= ERROR ? "error" : "warn", text: from + text });
        },
      },
    },
  };
}
