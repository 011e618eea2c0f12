/** Hears the room's windows, those of a zone, or events. One message each: `payload` as docs/mqtt.md has it. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-in", function FocusIn(config) {
    RED.nodes.createNode(this, config);
    const kinds = words(config.kinds);
    const filter = { room: "focus", zone: `zone/${config.zone || "+"}/focus`, events: "event/+" }[
      config.about
    ];
    RED.nodes.getNode(config.room)?.listen(this, filter, (payload, levels, topic) => {
      if (config.about === "events") {
        const kind = levels[1];
        if (kinds.length === 0 || kinds.includes(kind)) this.send({ topic, kind, payload });
      } else if (config.about === "zone") this.send({ topic, zone: levels[1], payload });
      else this.send({ topic, payload });
    });
  });
};

const words = (text) => (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
