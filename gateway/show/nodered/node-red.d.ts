/** The few calls of Node-RED's embedding interface that are used here; it ships no types. */
declare module "node-red" {
  import type { Server } from "node:http";
  import type { Application } from "express";

  export interface RuntimeEvent {
    readonly id?: string;
    readonly payload?: { readonly state?: string; readonly error?: string };
  }
  interface Flows<Node> {
    getFlows(options: object): Promise<{ readonly flows: readonly Node[] } | null>;
    setFlows(options: { flows: { flows: readonly Node[] }; deploymentType: "full" }): Promise<unknown>;
  }
  interface NodeSet {
    readonly types: readonly string[];
    readonly enabled: boolean;
    readonly err?: unknown;
  }
  interface NodeRed {
    init(server: Server, settings: object): void;
    start(): Promise<void>;
    readonly runtime: {
      readonly flows: Flows<{ readonly id: string; readonly [key: string]: unknown }>;
      readonly nodes: { getNodeList(options: object): Promise<readonly NodeSet[]> };
    };
    readonly events: { on(name: "runtime-event", listener: (event: RuntimeEvent) => void): void };
    readonly httpAdmin: Application;
    readonly httpNode: Application;
  }
  const RED: NodeRed;
  export default RED;
}
