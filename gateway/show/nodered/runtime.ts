/** Node-RED, in the one place where it is imported. */
export { default as RED, type RuntimeEvent } from "node-red";
