const { watchAirAndTime } = require("../logic/air.js");

/** Hears windows and CO₂ readings on one input; suggests airing or a break. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-air", function FocusAir(config) {
    RED.nodes.createNode(this, config);
    const watch = watchAirAndTime({
      ppm: numberOr(config.ppm, 1000),
      minutes: numberOr(config.minutes, 3),
      onTaskMinutes: numberOr(config.onTaskMinutes, 40),
      quietMinutes: numberOr(config.quietMinutes, 20),
    });
    this.on("input", (msg, send, done) => {
      const suggestion =
        msg.quantity === "co2"
          ? watch.hearAir(msg.payload, Date.parse(msg.time), Date.now(), msg.device)
          : msg.payload?.activity
            ? watch.hearWindow(msg.payload, Date.now())
            : null;
      if (suggestion) send({ ...msg, payload: suggestion });
      done();
    });
  });
};

/** An empty field of the editor is not a zero. */
const numberOr = (given, otherwise) => (given === "" || given === undefined ? otherwise : Number(given));
