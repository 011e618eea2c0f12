import { readFile } from "node:fs/promises";

/** How to reach a broker, and as whom. */
export interface MqttOptions {
  /** `mqtt://host:port`, or `mqtts://` for TLS. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM file of the authority that signed the broker's certificate; the system's authorities if left out. */
  readonly caFile?: string | undefined;
  readonly clientId: string;
  /** What the broker says in our name when we vanish. */
  readonly will?: { readonly topic: string; readonly payload: string; readonly retain: boolean };
  readonly cleanSession: boolean;
  /** How many messages may be handled at the same time; 1 if left out, and then each waits for the one before it. */
  readonly handleAtOnce?: number;
}

export const KEEPALIVE_SECONDS = 30;

/** The same in the words of mqtt.js. */
export async function clientOptions(options: MqttOptions) {
  return {
    protocolVersion: 4 as const, // aedes speaks no later one
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: 10_000,
    clientId: options.clientId,
    clean: options.cleanSession,
    // Left out rather than undefined: an undefined one would hide what stands in the URL.
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(options.will && {
      will: { ...options.will, payload: Buffer.from(options.will.payload), qos: 1 as const },
    }),
    // Read at each attempt: certificates are renewed while gateways run.
    ...(options.caFile !== undefined && { ca: await readFile(options.caFile) }),
  };
}

/** [MQTT-3.2.2.3] CONNACK codes that a person must mend: version, client id, password, rights. 3 is "unavailable". */
const REFUSALS: Readonly<Record<number, string>> = {
  1: "it does not speak MQTT 3.1.1",
  2: "it does not accept the client id",
  4: "wrong user name or password",
  5: "not authorised",
};

/** Why the broker does not let us in, when that is what ended a connection. */
export const refusalOf = (error: unknown): string | undefined =>
  REFUSALS[Number((error as { code?: unknown } | undefined)?.code)];
