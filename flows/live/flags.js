/**
 * Where events stand on the chart: a drop and a recovery point down and up at its head, a mark flies its flag at the foot,
 * with its text beside it. Texts are kept apart: one that would run into another stands a line higher, and one for which
 * there is no line is read by pointing at its flag.
 */
export const flags = {
  /** @param {{ width: number, top: number, inner: number }} plot the chart in pixels; `x` gives a time's place there. */
  placed(events, x, { width, top, inner }) {
    const foot = top + inner;
    const line = 1.1 * this.rem;
    const lines = Array.from({ length: Math.min(Math.max(Math.floor(inner / line), 1), 3) }, () => []);
    lines[0].push(
      ...events.filter(({ kind }) => kind === "mark").map(({ time }) => [x(time) - 2, x(time) + 12]),
    );
    return events.map((event) => {
      const at = x(event.time);
      // On a phone, a third of the chart may be more than either side of the flag has.
      const most = Math.min(Math.max(width / 3, 12 * this.rem), Math.max(width - at - 16, at - 6));
      const text = this.shortened(this.textOf(event), most);
      const length = this.lengthOf(text);
      const isLate = at + 16 + length > width;
      const [from, to] = isLate ? [at - 6 - length, at - 6] : [at + 16, at + 16 + length];
      const free = lines.findIndex((taken) => taken.every(([begin, end]) => to < begin || from > end));
      if (text && free >= 0) lines[free].push([from, to]);
      return {
        ...event,
        x: at,
        shape: this.shapeOf(event.kind, at, { top, foot }),
        said: this.textOf(event),
        text: free < 0 ? "" : text,
        anchor: isLate ? "end" : "start",
        textX: isLate ? at - 6 : at + 16,
        y: foot - 7 - Math.max(free, 0) * line,
      };
    });
  },
  shapeOf(kind, x, { top, foot }) {
    if (kind === "focus_drop") return "M" + (x - 6) + "," + (top + 3) + "h12l-6,10Z";
    if (kind === "focus_recovered") return "M" + (x - 6) + "," + (top + 13) + "h12l-6,-10Z";
    return "M" + x + "," + (foot - 17) + "h11l-3,5l3,5h-11Z";
  },
  /** A mark without a note has its kind for a text. */
  textOf({ kind, text }) {
    return kind === "mark" && text !== "mark" ? (text ?? "") : "";
  },
  /** Pixels of a text on the chart (page.css), rather more than less: Chinese is as wide as it is high. */
  lengthOf(text) {
    const letters = [...text].map((letter) => (letter > "\u2e7f" ? 1 : 0.6));
    return letters.reduce((sum, wide) => sum + wide, 0) * 0.82 * this.rem;
  },
  shortened(text, most) {
    if (this.lengthOf(text) <= most) return text;
    let short = [...text];
    while (this.lengthOf(short.join("") + "…") > most) short = short.slice(0, -1);
    return short.join("").trimEnd() + "…";
  },
};
