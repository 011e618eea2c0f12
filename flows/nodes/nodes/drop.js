const { watchForLastingDrops } = require("../logic/drop.js");

/** The first output tells of a drop that lasts, the second that it is over. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-drop", function FocusDrop(config) {
    RED.nodes.createNode(this, config);
    const watch = watchForLastingDrops({
      fall: numberOr(config.fall, 0.2),
      minutes: numberOr(config.minutes, 2),
      quietMinutes: numberOr(config.quietMinutes, 10),
    });
    this.on("input", (msg, send, done) => {
      const turn = watch(msg.payload, Date.now());
      if (turn) {
        const text = inWords(turn);
        const told = { ...msg, payload: { about: `focus_${turn.kind}`, text, ...turn } };
        send(turn.kind === "drop" ? [told, null] : [null, told]);
      }
      done();
    });
  });
};

const percent = (share) => `${Math.round(share * 100)} %`;
const inWords = ({ kind, focus, usual, minutes }) =>
  kind === "drop"
    ? `Focus has been well below the usual ${percent(usual)} for ${minutes} min (now ${percent(focus)}).`
    : `Focus is back (${percent(focus)}).`;

/** An empty field of the editor is not a zero. */
const numberOr = (given, otherwise) => (given === "" || given === undefined ? otherwise : Number(given));
