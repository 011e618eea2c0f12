const { openDelivery } = require("../logic/delivery.js");
const { stateActivities, VERSION } = require("../logic/statements.js");

const EVERY_MS = 60_000;

/**
 * Turns the room's windows into xAPI statements about the room, and posts them to a learning record store. The statement
 * goes out of the node when the store has it.
 */
module.exports = (RED) => {
  RED.nodes.registerType("focus-xapi", function FocusXapi(config) {
    RED.nodes.createNode(this, config);
    const store = RED.nodes.getNode(config.destination);
    const problem = store ? store.problem : "no learning record store";
    if (problem) {
      this.status({ fill: "red", shape: "ring", text: problem });
      return this.on("input", (_msg, _send, done) => done(new Error(problem)));
    }
    const { homePage, site, room } = config;
    const statements = stateActivities({ homePage, site, room });
    const delivery = openDelivery({
      prepare: (statement) => ({
        url: `${store.url.replace(/\/+$/, "")}/statements`,
        headers: { ...store.headers, "X-Experience-API-Version": VERSION },
        body: statement,
      }),
      // The id is there already: an answer was lost on its way, and what was sent first stands (xAPI Communication 2.1.2).
      isThere: (status) => status === 409,
      onState: ({ waiting, problem }) =>
        this.status(
          problem
            ? { fill: "yellow", shape: "ring", text: `${waiting} waiting: ${problem}` }
            : { fill: "green", shape: "dot", text: "sent" },
        ),
      onSent: (payload, statusCode) => this.send({ payload, statusCode }),
      onLost: ({ id }, why) => this.error(`statement ${id} was not taken: ${why}`),
    });
    const state = (statement) => statement && delivery.send(statement);
    // A stretch that ends in silence has no next window to end it.
    const timer = setInterval(() => state(statements.rest(Date.now())), EVERY_MS);
    this.on("input", (msg, _send, done) => {
      state(statements.hear(msg.payload));
      done();
    });
    this.on("close", () => {
      clearInterval(timer);
      delivery.close();
    });
  });
};
