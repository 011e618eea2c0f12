/** Marks the moment on the room's time line. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-mark", function FocusMark(config) {
    RED.nodes.createNode(this, config);
    const room = RED.nodes.getNode(config.room);
    room?.join(this);
    this.on("input", (msg, send, done) => {
      const text = String(config.text || (msg.payload ?? "")).trim();
      if (text === "" || text.length > 80) return done(new Error("a mark is a text of 1 to 80 characters"));
      if (!room) return done(new Error("no room is chosen"));
      room.tell("mark", { text }, (error) => {
        if (!error) send(msg);
        done(error);
      });
    });
  });
};
