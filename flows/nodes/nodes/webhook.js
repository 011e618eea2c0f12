const { openDelivery } = require("../logic/delivery.js");

/** Posts `msg.payload` as JSON to a destination, and tries until it is there. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-webhook", function FocusWebhook(config) {
    RED.nodes.createNode(this, config);
    const destination = RED.nodes.getNode(config.destination);
    if (!destination || destination.problem) {
      this.status({ fill: "red", shape: "ring", text: destination?.problem ?? "no destination" });
      return this.on("input", (_msg, _send, done) =>
        done(new Error(destination?.problem ?? "no destination")),
      );
    }
    const delivery = openDelivery({
      prepare: ({ payload }) => ({ url: destination.url, headers: destination.headers, body: payload }),
      onState: (state) => this.status(statusOf(state)),
      onSent: (msg, statusCode) => this.send({ ...msg, statusCode }),
      onLost: (msg, why) => this.error(`not sent: ${why}`, msg),
    });
    this.on("input", (msg, _send, done) => {
      delivery.send(msg);
      done();
    });
    this.on("close", () => delivery.close());
  });
};

const statusOf = ({ waiting, problem }) =>
  problem
    ? { fill: "yellow", shape: "ring", text: `${waiting} waiting: ${problem}` }
    : { fill: "green", shape: "dot", text: "sent" };
