import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { openTunnel } from "../../../gateway/eye/capture/tunnel.ts";
import { afterwards } from "../../support/afterwards.ts";
import { isListening, until } from "../../support/programs.ts";

/** A connection to a server that says everything again. */
async function echo(): Promise<Socket> {
  const server = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
  afterwards(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function come(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

it("lets the first who comes through, and nobody after", async () => {
  const tunnel = await openTunnel(await echo());
  const program = await come(tunnel.port);
  program.write("DESCRIBE");
  expect(String((await once(program, "data"))[0])).toBe("DESCRIBE");
  expect(await isListening(tunnel.port)).toBeUndefined();
  tunnel.close();
  await once(program, "close");
});

it.each(["the program", "the camera", "whoever opened it"] as const)("ends when %s hangs up", async (who) => {
  const remote = await echo();
  const tunnel = await openTunnel(remote);
  const program = await come(tunnel.port);
  if (who === "the program") program.destroy();
  else if (who === "the camera") remote.destroy();
  else tunnel.close();
  await until(() => (program.destroyed && remote.destroyed) || undefined, 5, "both ends to be closed");
});

it("shuts its door when the camera is gone before anybody came", async () => {
  const remote = await echo();
  const tunnel = await openTunnel(remote);
  remote.destroy();
  await until(async () => ((await isListening(tunnel.port)) ? undefined : true), 5, "the door to be shut");
});
