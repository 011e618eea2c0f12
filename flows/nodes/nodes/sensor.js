/** Hears the room's sensors. One message a reading: `payload` is the value, null when it is not known. */
module.exports = (RED) => {
  RED.nodes.registerType("focus-sensor", function FocusSensor(config) {
    RED.nodes.createNode(this, config);
    const filter = `sensor/${config.device || "+"}/${config.quantity || "+"}`;
    RED.nodes.getNode(config.room)?.listen(this, filter, (reading, [, device, quantity], topic) => {
      // A stuck or implausible sensor says nothing about the room; one whose battery is low does.
      if (!["ok", "low_battery"].includes(reading.quality) && !config.all) return;
      const { value, unit, quality, time } = reading;
      this.send({ topic, payload: value, device, quantity, unit, quality, time });
    });
  });
};
