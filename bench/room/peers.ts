import type { ChildProcess } from "node:child_process";
import { access, constants, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { connectAsync } from "mqtt";
import { packageRoot } from "../../gateway/paths.ts";
import { startMosquitto } from "../../test/support/mosquitto.ts";
import { HEIGHT, WIDTH } from "../../test/support/pictures.ts";
import { freePort } from "../../test/support/places.ts";
import { findProgram, isListening, start, stop, until } from "../../test/support/programs.ts";
import { startRtspServer } from "../../test/support/rtsp.ts";
import { filmLesson, recordMurmur } from "./films.ts";

/** A device of the room that can be taken away and brought back. */
export interface Peer {
  /** As it stands in the config. */
  readonly names: readonly string[];
  away(): Promise<void>;
  back(): Promise<void>;
}

export const LOGIN = { user: "viewer", password: "soak: it's 1 secret/word", scheme: "digest" } as const;
const STUDENTS = 12;
const LOOKS_PER_SECOND = 0.5;

/** Everything around the gateway: an RTSP server with two cameras, a hub on Mosquitto, a transmitter, a serial port, a sound. */
export async function openPeers(folder: string, minutes: number, onEnd: (undo: () => unknown) => void) {
  const films = {
    front: await filmLesson(path.join(folder, "front.mkv"), { minutes, students: STUDENTS, seed: 1 }),
    side: await filmLesson(path.join(folder, "side.mkv"), { minutes, students: STUDENTS, seed: 2 }),
  };
  const murmur = await recordMurmur(path.join(folder, "murmur.wav"));

  const rtspPort = await freePort();
  let server = await startRtspServer({ port: rtspPort, films, login: LOGIN });
  onEnd(() => server.close());

  const hubPort = await freePort();
  const hubFolder = path.join(folder, "hub");
  await mkdir(hubFolder);
  const hub = () => startMosquitto({ folder: hubFolder, port: hubPort });
  let mosquitto = await hub();
  onEnd(() => mosquitto.stop("SIGKILL"));
  const zigbee = await connectAsync(mosquitto.url);
  onEnd(() => zigbee.endAsync(true));
  const saying = setInterval(() => {
    const co2 = Math.round(900 + 200 * Math.sin(Date.now() / 300_000));
    const temperature = Math.round((21 + Math.sin(Date.now() / 500_000)) * 10) / 10;
    const payload = { co2, temperature, humidity: 44.2, battery: 87, linkquality: 120 };
    if (zigbee.connected) zigbee.publish("zigbee2mqtt/Air Room 12", JSON.stringify(payload));
  }, 10_000);
  onEnd(() => clearInterval(saying));

  const modbusPort = await freePort();
  const transmitter = () =>
    serve(
      "/usr/bin/python3",
      [path.join(packageRoot, "test/support/modbus.py"), "tcp", String(modbusPort)],
      () => isListening(modbusPort),
    );
  let modbus = await transmitter();
  onEnd(() => stop(modbus, "SIGKILL"));

  const [ours, theirs] = [path.join(folder, "ours"), path.join(folder, "theirs")];
  const cable = () =>
    serve(findProgram("socat")!, [`pty,rawer,link=${ours}`, `pty,rawer,link=${theirs}`], async () =>
      (await exists(ours)) && (await exists(theirs)) ? true : undefined,
    );
  let line = await cable();
  onEnd(() => stop(line));
  const writing = setInterval(() => {
    const co2 = Math.round(850 + 150 * Math.sin(Date.now() / 400_000));
    void writeLine(theirs, `Z ${String(co2).padStart(5, "0")} z 00820\r\n`);
  }, 5_000);
  onEnd(() => clearInterval(writing));

  const cameras = ["front", "side"] as const;
  const peers = {
    stopped: {
      names: cameras,
      away: async () => void server.child.kill("SIGSTOP"),
      back: async () => void server.child.kill("SIGCONT"),
    },
    server: {
      names: cameras,
      away: () => server.close(),
      async back() {
        server = await startRtspServer({ port: rtspPort, films, login: LOGIN });
      },
    },
    hub: {
      names: ["air-mqtt"],
      away: () => mosquitto.stop(),
      async back() {
        mosquitto = await hub();
      },
    },
    transmitter: {
      names: ["air-modbus"],
      away: () => stop(modbus, "SIGKILL"),
      async back() {
        modbus = await transmitter();
      },
    },
    cable: {
      names: ["air-serial"],
      away: () => stop(line),
      async back() {
        line = await cable();
      },
    },
  } satisfies Record<string, Peer>;

  const camera = (name: string) => ({
    ...{ name, driver: "rtsp", url: `rtsp://127.0.0.1:${rtspPort}/${name}` },
    ...{ username: LOGIN.user, password: LOGIN.password },
    ...{ width: WIDTH, height: HEIGHT, framesPerSecond: LOOKS_PER_SECOND },
  });
  const config = {
    cameras: cameras.map(camera),
    protect: { expectedHeads: cameras.length * STUDENTS },
    sensors: [
      {
        ...{ name: "air-mqtt", driver: "mqtt", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/Air Room 12" },
        ...{ url: mosquitto.url, staleAfterSeconds: 60 },
      },
      {
        ...{ name: "air-modbus", driver: "modbus", line: { host: "127.0.0.1", port: modbusPort }, unitId: 7 },
        registers: [
          { quantity: "co2", address: 0 },
          { quantity: "temperature", address: 3, scale: 0.1 },
        ],
      },
      {
        ...{ name: "air-serial", driver: "serial", path: ours, protocol: "lines" },
        patterns: [{ quantity: "co2", pattern: "Z (\\d+)" }],
      },
      { name: "sound-1", driver: "sound", source: "file", device: murmur },
    ],
  };
  return { peers, config };
}

async function serve(
  program: string,
  args: readonly string[],
  isThere: () => Promise<true | undefined>,
): Promise<ChildProcess> {
  const { child, said } = start(program, args);
  await until(isThere, 30, program).catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  return child;
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

/** Nothing when the cable is out. */
async function writeLine(port: string, text: string): Promise<void> {
  // Without O_NOCTTY the port would become the terminal of whoever leads this session, and unplugging it would end that
  // one and all that it has started: SIGHUP, termios(3) "modem disconnect".
  const handle = await open(port, constants.O_RDWR | constants.O_NOCTTY).catch(() => null);
  await handle?.write(text).catch(() => {});
  await handle?.close().catch(() => {});
}
