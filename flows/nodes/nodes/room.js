/**
 * Which room the other nodes are about, and the broker it is on: Node-RED's own `mqtt-broker`, so that TLS, user and
 * password are set where people know them from, and all nodes of a room share one connection.
 *
 * Inside the gateway nobody types credentials: `settings.focusGateway.mqtt` names the broker node, its address and login.
 * They are put straight into the connection, and neither into a node's properties nor into an environment variable, from
 * where a function node could read them.
 */
module.exports = (RED) => {
  function Room(config) {
    RED.nodes.createNode(this, config);
    this.root = `classroom/v1/${config.site}/${config.room}`;
    const broker = RED.nodes.getNode(config.broker);
    const { mqtt } = RED.settings.focusGateway ?? {};
    if (broker && mqtt?.node === broker.id) connectAs(broker, mqtt);

    /** Hears JSON under the room until the node is closed; `hear(payload, levels)` gets the topic's levels below the room. */
    this.listen = (node, filter, hear) => {
      if (!broker) return node.status({ fill: "red", shape: "ring", text: "no broker" });
      const topic = `${this.root}/${filter}`;
      node.on("close", (removed, done) => {
        broker.unsubscribe(topic, node.id, removed);
        broker.deregister(node, done, removed);
      });
      broker.subscribe(
        topic,
        { qos: 1 },
        (heard, bytes) => {
          const payload = parsed(bytes);
          if (payload !== null) hear(payload, heard.slice(this.root.length + 1).split("/"), heard);
        },
        node.id,
      );
      broker.register(node);
      if (broker.connected)
        node.status({ fill: "green", shape: "dot", text: "node-red:common.status.connected" });
    };

    /** Registers a node that only speaks. */
    this.join = (node) => {
      if (!broker) return node.status({ fill: "red", shape: "ring", text: "no broker" });
      node.on("close", (removed, done) => broker.deregister(node, done, removed));
      broker.register(node);
    };

    /**
     * Tells the gateway something. A control is for now: without a connection it is an error rather than kept for later,
     * when it would be meant for a lesson that is over.
     */
    this.tell = (what, body, done) => {
      if (!broker?.connected) return done(new Error("not connected to the room's broker"));
      broker.publish(
        { topic: `${this.root}/set/${what}`, payload: JSON.stringify(body), qos: 1, retain: false },
        done,
      );
    };
  }
  RED.nodes.registerType("focus-room", Room);
};

/**
 * A message to a dynamic `mqtt in` may give a connection other options, another address too; this one keeps its own, so
 * that the login goes nowhere else.
 */
function connectAs(broker, { url, username, password }) {
  broker.brokerurl = url;
  Object.assign(broker.options, { username, password, rejectUnauthorized: true });
  broker.setOptions = () => {};
  broker.autoConnect = true;
}

function parsed(bytes) {
  try {
    const value = JSON.parse(bytes.toString());
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
