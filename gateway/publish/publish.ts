/**
 * publish: messages leave the room.
 *
 *   Window ─▶ message ─▶ spool (on disk first) ─▶ MQTT, to the school's broker or the embedded one
 *   Control ◀── set/activity, set/pause, set/mark
 */
export { flowRights } from "./access.ts";
export { type Broker, brokerOptions, openBroker } from "./broker.ts";
export { type Control, listenForControls } from "./controls.ts";
export {
  engineText,
  eventMessage,
  focusMessage,
  type GatewayEvent,
  healthMessage,
  sensorMessage,
} from "./messages.ts";
export {
  openPublisher,
  type Publisher,
  type PublisherOptions,
  type PublisherState,
} from "./publisher.ts";
export { spoolOptions } from "./spool/options.ts";
export { openStamps, type Stamps } from "./stamps.ts";
export { isTopicLevel, topicRoot, topics } from "./topics.ts";
export { mqttOptions } from "./upstream.ts";
