import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { serviceManager } from "../gateway/watchdog.ts";
import { temporaryFolder } from "./support/places.ts";
import { findProgram, start, stop, until } from "./support/programs.ts";

/** A socket such as systemd's, which Node cannot open: prints each datagram. */
const LISTEN = `
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print("bound", flush=True)
while True: print(heard.recv(4096).decode().replace("\\n", " "), flush=True)`;

const quiet = { warn() {} };
const python = findProgram("python3");

it.skipIf(!findProgram("systemd-notify") || !python)(
  "tells systemd that it is up, that it still turns over, and that it stops (skipped without systemd-notify)",
  async () => {
    const socket = path.join(await temporaryFolder(), "notify");
    const { child, said } = start(python!, ["-c", LISTEN, socket]);
    onTestFinished(() => stop(child));
    await until(() => said().includes("bound") || undefined, 20, "the socket");
    const environment = {
      PATH: process.env.PATH,
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: "600000",
      WATCHDOG_PID: "1",
    };
    const manager = serviceManager(environment, quiet);
    onTestFinished(() => manager.close());
    expect(environment).toEqual({ PATH: process.env.PATH });
    manager.ready();
    await until(() => said().includes("READY=1") || undefined, 20, "READY");
    await until(() => said().split("WATCHDOG=1").length > 3 || undefined, 20, "three beats");
    manager.close();
    await until(() => said().includes("STOPPING=1") || undefined, 20, "STOPPING");
    const before = said().split("WATCHDOG=1").length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    // One may have been on its way.
    expect(said().split("WATCHDOG=1").length - before).toBeLessThanOrEqual(1);
  },
  60_000,
);

it("does nothing outside systemd, and says once when the program is not there", async () => {
  const alone = serviceManager({}, quiet);
  alone.ready();
  alone.close();

  const said: string[] = [];
  const environment = { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "100000" };
  const manager = serviceManager(
    environment,
    { warn: (_: unknown, text: string) => void said.push(text) } as never,
    "/no/such/program",
  );
  manager.ready();
  await until(() => said.length > 0 || undefined, 10, "the warning");
  await new Promise((resolve) => setTimeout(resolve, 200));
  manager.close();
  expect(said).toEqual(["systemd cannot be told how the gateway does"]);
});

it.skipIf(!findProgram("systemd-analyze"))(
  "leaves systemd little to complain about: 1.8 of 10 by its own scale (skipped without systemd-analyze)",
  () => {
    const unit = path.resolve("packaging/focus-gateway.service");
    const report = execFileSync(
      "systemd-analyze",
      ["security", "--offline=true", "--no-pager", "--threshold=19", unit],
      {
        encoding: "utf8",
      },
    );
    expect(Number(/exposure level[^:]*: ([\d.]+)/.exec(report)![1])).toBeLessThanOrEqual(1.8);
  },
);
