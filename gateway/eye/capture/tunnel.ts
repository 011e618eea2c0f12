import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A door on loopback through which one program of this machine reaches a connection that we have made for it. */
export interface Tunnel {
  readonly port: number;
  close(): void;
}

/** Opens the door for the first who comes. When either end hangs up, so does the other. */
export async function openTunnel(remote: Socket): Promise<Tunnel> {
  let taken = false;
  const door = createServer((local) => {
    if (taken) return void local.destroy();
    taken = true;
    door.close();
    local.on("error", () => {}).on("close", () => remote.destroy());
    remote.on("close", () => local.destroy());
    local.setNoDelay().pipe(remote).pipe(local);
  });
  remote.on("error", () => {}).on("close", () => door.close());
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return { port: (door.address() as AddressInfo).port, close: () => void remote.destroy() };
}
