import { probeModbus } from "../modbus/probe.ts";
import { type Found, nameFrom } from "./found.ts";

/** Devices are seldom numbered higher; 255 stands for the device itself where it is not a gateway for others. */
const UNITS = [...Array.from({ length: 16 }, (_, index) => index + 1), 255];

/** Who answers at `host` or `host:port`. Rejects when nobody does. */
export async function scanModbus(place: string): Promise<Found[]> {
  const { host, port } = hostAndPort(place);
  const units = await probeModbus(host, port, UNITS);
  return units.map(({ unitId, input, holding }) => {
    const table = input ? "input" : "holding";
    const words = input ?? holding;
    return {
      what: `Modbus unit ${unitId} at ${host}:${port}${words ? `, ${table} registers from 0: ${words.join(" ")}` : ""}`,
      config: {
        name: nameFrom(`modbus-${unitId}`),
        driver: "modbus",
        line: { host, port },
        unitId,
        registers: [{ quantity: "co2", table, address: 0 }],
      },
      note: "which register holds what stands in the device's manual: set `registers`",
    };
  });
}

/** `[::1]:502`, `host:502`, `host`. */
function hostAndPort(place: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(place) ?? [];
  return { host: bracketed ?? plain ?? place, port: Number(port ?? 502) };
}
