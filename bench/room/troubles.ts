import type { Trouble } from "./disturb.ts";
import type { openPeers, Peer } from "./peers.ts";
import { takenBy } from "./processes.ts";

type Peers = Awaited<ReturnType<typeof openPeers>>["peers"];

/** What happens to a room in turn: everything that stands around the gateway is away once. */
export function troublesOf(peers: Peers, gateway: number): readonly Trouble[] {
  return [
    { what: "the RTSP server is stopped (SIGSTOP) for 40 s", seconds: 40, peer: peers.stopped },
    { what: "the serial line is unplugged for 30 s", seconds: 30, peer: peers.cable },
    { what: "every ffmpeg is killed", seconds: 1, peer: ffmpegs(gateway) },
    { what: "the Modbus transmitter is away for 30 s", seconds: 30, peer: peers.transmitter },
    { what: "the RTSP server is killed, and back after 30 s", seconds: 30, peer: peers.server },
    { what: "the sensors' Mosquitto is away for 30 s", seconds: 30, peer: peers.hub },
  ];
}

/** The gateway's own children that look and hear. It starts new ones by itself. */
const ffmpegs = (gateway: number): Peer => ({
  names: ["front", "side", "sound-1"],
  async away() {
    for (const { part, pid } of takenBy(gateway)) if (part === "ffmpeg") process.kill(pid, "SIGKILL");
  },
  back: async () => {},
});
