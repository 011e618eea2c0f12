const WORDS = { on: true, true: true, pause: true, off: false, false: false, resume: false };

/**
 * Pauses sensing, or goes on. A push button sends the same each time, so `toggle` asks what is now: the node follows the
 * room's own word on whether the teacher paused it, and never its own guess, for the page and others may pause too. A pause
 * by the timetable is not the teacher's: who presses then means to keep the camera closed in the lesson that comes.
 */
module.exports = (RED) => {
  RED.nodes.registerType("focus-pause", function FocusPause(config) {
    RED.nodes.createNode(this, config);
    const room = RED.nodes.getNode(config.room);
    let paused = false;
    let isKnown = false;
    if (config.mode === "toggle") {
      room?.listen(this, "event/+", ({ kind }) => {
        if (kind === "paused" || kind === "resumed") paused = kind === "paused";
      });
      // Retained: it tells at once after a restart.
      room?.listen(this, "gateway/health", ({ shut_by }) => {
        isKnown = Array.isArray(shut_by);
        if (isKnown) paused = shut_by.includes("teacher");
      });
      // A gateway that does not say who.
      room?.listen(this, "focus", ({ quality }) => {
        if (!isKnown) paused = quality === "paused";
      });
    } else room?.join(this);

    this.on("input", (msg, send, done) => {
      const wanted =
        config.mode === "toggle"
          ? !paused
          : config.mode === "msg"
            ? WORDS[String(msg.payload?.paused ?? msg.payload).toLowerCase()]
            : config.mode === "pause";
      if (wanted === undefined) return done(new Error("to pause, send true or on; to go on, false or off"));
      if (!room) return done(new Error("no room is chosen"));
      const minutes = Number(config.minutes || msg.minutes);
      const body = wanted && minutes > 0 ? { paused: true, minutes } : { paused: wanted };
      room.tell("pause", body, (error) => {
        if (!error) {
          paused = wanted;
          send({ ...msg, payload: wanted });
        }
        done(error);
      });
    });
  });
};
