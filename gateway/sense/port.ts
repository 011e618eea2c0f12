import { readdir, realpath, stat } from "node:fs/promises";
import { reason } from "../errors.ts";

/** A serial port that is open. */
export interface Port {
  write(bytes: Uint8Array): void;
  /** Resolves when it is closed. */
  close(): Promise<void>;
}

export interface PortOptions {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  /** One, if left out. */
  readonly stopBits?: 1 | 2;
}

export interface PortListener {
  heard(bytes: Buffer): void;
  /** Unplugged, or another program's. Not called after `close`. */
  lost(why: string): void;
}

const LOOK_MS = 1_000;

/** Opens it for this program alone. Rejects with the system's own error. */
export async function openPort(options: PortOptions, listener: PortListener): Promise<Port> {
  const { SerialPort } = await import("serialport");
  const port = new SerialPort({ stopBits: 1, ...options, dataBits: 8, autoOpen: false });
  await new Promise<void>((resolve, reject) =>
    // Its message begins with "Error: " already.
    port.open((error) => (error ? reject(new Error(error.message.replace(/^Error: /, ""))) : resolve())),
  );
  let closing: Promise<void> | undefined;

  function close(): Promise<void> {
    clearInterval(looking);
    closing ??= new Promise((resolve) => {
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    });
    return closing;
  }
  function lost(error: unknown): void {
    if (closing) return;
    void close();
    listener.lost(error ? reason(error) : "the port was closed");
  }
  // Linux answers every read of an unplugged port with nothing, which serialport 13 takes for "try again", for ever. One
  // that is back within a second, after a hiccup of its hub, say, has its name again and is another one all the same.
  const opened = nodeOf(options.path);
  const looking = setInterval(() => {
    Promise.all([opened, nodeOf(options.path)]).then(
      ([before, now]) => before === now || lost(new Error(`${options.path} was plugged in anew`)),
      () => lost(new Error(`${options.path} is gone`)),
    );
  }, LOOK_MS);
  opened.catch(() => {}); // told at the first look
  port.on("data", (bytes: Buffer) => listener.heard(bytes));
  port.on("error", lost);
  port.on("close", lost);
  return { write: (bytes) => void port.write(Buffer.from(bytes)), close };
}

/** What stands behind that name, links followed. */
async function nodeOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path);
  return `${dev}:${ino}`;
}

/** A serial port that this machine has. */
export interface ListedPort {
  readonly path: string;
  readonly maker: string | null;
}

/** Ports by their lasting names, where the system has given them some. USB ones only: others are there even without a plug. */
export async function listPorts(): Promise<ListedPort[]> {
  const { SerialPort } = await import("serialport");
  const ports = (await SerialPort.list()).filter(
    ({ vendorId, path }) => vendorId !== undefined || /tty(USB|ACM|AMA)/.test(path),
  );
  return lastingNames(ports, await socketsIn("/dev/serial/by-path"));
}

interface SeenPort {
  readonly path: string;
  readonly pnpId?: string | undefined;
  readonly manufacturer?: string | undefined;
}

/**
 * Adapters of one make without a serial number (CH340) share one name under by-id, which is that of the one plugged in
 * last: they are told apart by the socket they are in. `sockets` are names under by-path, by the port they lead to.
 */
export function lastingNames(ports: readonly SeenPort[], sockets: ReadonlyMap<string, string>): ListedPort[] {
  return ports.map(({ path, pnpId, manufacturer }) => {
    const isOwn = pnpId !== undefined && ports.filter((port) => port.pnpId === pnpId).length === 1;
    return {
      path: isOwn ? `/dev/serial/by-id/${pnpId}` : (sockets.get(path) ?? path),
      maker: manufacturer ?? null,
    };
  });
}

async function socketsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const links = names.map((name) => `${folder}/${name}`);
  return new Map(await Promise.all(links.map(async (link) => [await realpath(link), link] as const)));
}
