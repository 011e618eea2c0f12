const ACTIVITIES = ["lecture", "seatwork", "group", "exam", "break"];

/** Tells the gateway what the class is doing. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-activity", function FocusActivity(config) {
    RED.nodes.createNode(this, config);
    const room = RED.nodes.getNode(config.room);
    room?.join(this);
    this.on("input", (msg, send, done) => {
      const given = msg.payload;
      const activity = config.activity || (given?.activity ?? given);
      const lesson = config.lesson || (msg.lesson ?? given?.lesson);
      if (!ACTIVITIES.includes(activity))
        return done(new Error(`an activity is one of ${ACTIVITIES.join(", ")}`));
      if (!room) return done(new Error("no room is chosen"));
      room.tell("activity", lesson ? { activity, lesson } : { activity }, after(send, msg, done));
    });
  });
};

const after = (send, msg, done) => (error) => {
  if (!error) send(msg);
  done(error);
};
