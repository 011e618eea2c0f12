const { summariseLessons } = require("../logic/summary.js");

const EVERY_MS = 60_000;

/** Adds up a lesson's windows, and sends a summary when it is over. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-summary", function FocusSummary(config) {
    RED.nodes.createNode(this, config);
    const given = config.minimumMinutes;
    const lessons = summariseLessons(
      given === "" || given === undefined ? {} : { minimumMinutes: Number(given) },
    );
    const tell = (summary) => summary && this.send({ payload: { about: "summary", ...summary } });
    // A lesson that ends in silence has no next window to end it.
    const timer = setInterval(() => tell(lessons.rest(Date.now())), EVERY_MS);
    this.on("input", (msg, _send, done) => {
      tell(lessons.hear(msg.payload));
      done();
    });
    this.on("close", () => clearInterval(timer));
  });
};
