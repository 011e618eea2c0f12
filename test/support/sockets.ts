import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** TCP addresses, as `127.0.0.1:1883`, and unix sockets, by path, on which these processes listen. Linux's proc(5). */
export function listeningSockets(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  const tcp = ["tcp", "tcp6"].flatMap((table) =>
    rows(`/proc/net/${table}`).flatMap((row) => {
      const [, local, , state] = row;
      return state === LISTEN && inodes.has(row[9]!) ? [address(local!)] : [];
    }),
  );
  const unix = rows("/proc/net/unix").flatMap((row) =>
    // Flags: __SO_ACCEPTCON. The path stands last, where there is one.
    row[3] === "00010000" && inodes.has(row[6]!) && row[7] ? [row[7]] : [],
  );
  return [...tcp, ...unix].sort();
}

const LISTEN = "0A";

const rows = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode ? [inode] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

/** `0100007F:0540` → `127.0.0.1:1344`; the words of an address stand in the machine's byte order. */
function address(text: string): string {
  const [host, port] = text.split(":") as [string, string];
  const bytes = host.match(/../g)!.map((byte) => Number.parseInt(byte, 16));
  const name =
    bytes.length === 4 ? bytes.reverse().join(".") : host === "0".repeat(32) ? "[::]" : `[${host}]`;
  return `${name}:${Number.parseInt(port, 16)}`;
}
