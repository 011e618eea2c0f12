/** The few calls of Node-RED's embedding interface that are used here; it ships no types. */
declare module "node-red" {
  import type { Server } from "node:http";
  import type { Application } from "express";

  interface NodeRed {
    init(server: Server, settings: object): void;
    start(): Promise<void>;
    stop(): Promise<void>;
    readonly httpAdmin: Application;
    readonly httpNode: Application;
  }
  const RED: NodeRed;
  export default RED;
}
