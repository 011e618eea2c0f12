const LONGEST = 160;

/**
 * Tells the teacher something, as a notice, or as a suggestion that may name an activity. It is shown; nothing is changed
 * by it.
 */
module.exports = (RED) => {
  RED.nodes.registerType("focus-tell", function FocusTell(config) {
    RED.nodes.createNode(this, config);
    const room = RED.nodes.getNode(config.room);
    room?.join(this);
    this.on("input", (msg, send, done) => {
      const given =
        typeof msg.payload === "object" && msg.payload ? msg.payload : { text: String(msg.payload ?? "") };
      const text = String(config.text || given.text || "").trim();
      const about = config.topic || given.about || "flow";
      if (text === "" || text.length > LONGEST)
        return done(new Error(`the teacher is told a text of 1 to ${LONGEST} characters`));
      if (!room) return done(new Error("no room is chosen"));
      const activity = config.as === "suggestion" && (config.activity || given.activity);
      const body = { about, text, source: config.source || "flow", ...(activity && { activity }) };
      room.tell(config.as, body, (error) => {
        if (!error) send(msg);
        done(error);
      });
    });
  });
};
