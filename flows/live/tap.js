/** What can be tapped on the page. The gateway answers by an event or a window; until then a button is marked as asked. */
export const tapping = {
  ask(topic, payload) {
    this.asked = { topic, payload };
    this.send({ topic, payload });
  },
  isAsked(topic, payload) {
    return this.asked?.topic === topic && this.asked.payload === payload;
  },
  mark() {
    this.ask("mark", this.text.trim());
    this.text = "";
  },
  accept(note) {
    this.ask("activity", note.activity);
    this.dismiss(note);
  },
  dismiss({ time }) {
    this.dismissed = [...this.dismissed, time].slice(-50);
  },
};
