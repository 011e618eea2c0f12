/**
 * The lesson's course, drawn: what the page computes for it. `this` is the page: its `course` (points), `events`, `width`,
 * `height` and `rem` (pixels), `now` (ms) and `words`. Unknown times are hatched gaps; there is no line through them.
 */
export const course = {
  /**
   * The windows of the lesson that is on: back to where another had its name, or the room was silent for long. A window without
   * a name, as the first after a start, ends none.
   */
  lessonCourse() {
    const points = this.course;
    const name = points.findLast(({ lesson }) => lesson !== null)?.lesson ?? null;
    const isOther = ({ lesson }, index) =>
      (lesson !== null && lesson !== name) ||
      (index + 1 < points.length && points[index + 1].time - points[index].time >= 20 * 60000);
    const mine = points.slice(points.findLastIndex(isOther) + 1);
    return mine.slice(
      Math.max(
        mine.findIndex(({ lesson }) => lesson === name),
        0,
      ),
    );
  },

  /** The chart in pixels. Unknown times are hatched gaps; there is no line through them, and never a zero. */
  chart() {
    const points = this.lessonCourse;
    const { width, height } = this;
    const [left, right, top, bottom] = [58, 26, 32, 26];
    const inner = height - top - bottom;
    const begin = points.length ? points[0].time - points[0].seconds * 1000 : this.now;
    const end = Math.max(this.now, begin + 10 * 60000);
    const x = (time) => left + ((time - begin) / (end - begin)) * (width - left - right);
    const y = (share) => top + (1 - share) * inner;
    const span = (from, to) => ({ from, x: x(from), width: Math.max(x(to) - x(from), 1) });

    const activities = [];
    const gaps = [];
    const runs = [];
    let before = null;
    for (const point of points) {
      const from = point.time - point.seconds * 1000;
      const silence = before !== null && from - before.time > 2000 * point.seconds;
      if (silence) gaps.push({ from: before.time, to: from, reason: "silence" });
      const band = activities.at(-1);
      if (band?.activity === point.activity) band.to = point.time;
      else activities.push({ from: band ? band.to : from, to: point.time, activity: point.activity });
      const reason =
        point.activity === "break"
          ? "break"
          : point.quality === "ok" && point.focus === null
            ? "low_coverage"
            : point.quality;
      if (reason === "ok") {
        if (before?.known && !silence) runs.at(-1).push(point);
        else runs.push([point]);
      } else if (reason !== "break") {
        const gap = gaps.at(-1);
        if (gap?.reason === reason && gap.to === before?.time && !silence) gap.to = point.time;
        else gaps.push({ from, to: point.time, reason });
      }
      before = { time: point.time, known: reason === "ok" };
    }
    if (before && this.silent) gaps.push({ from: before.time, to: this.now, reason: "silence" });

    const at = (point, share) => x(point.time).toFixed(1) + "," + y(share).toFixed(1);
    const pieces = runs.map((run) => {
      const known = run.filter((point) => point.low !== null && point.high !== null);
      const rim = [...known.map((p) => at(p, p.high)), ...known.toReversed().map((p) => at(p, p.low))];
      return {
        from: run[0].time,
        // From the first to itself: one that stands alone between gaps is a dot.
        line: "M" + [run[0], ...run].map((point) => at(point, point.focus)).join("L"),
        area: rim.length ? "M" + rim.join("L") + "Z" : "",
      };
    });

    const values = points.filter((p) => p.focus !== null).map((p) => p.focus);
    const tip = before?.known && this.view.live ? points.at(-1) : null;
    const text = values.length
      ? this.words.course +
        ", " +
        this.clock(begin) +
        "–" +
        this.clock(this.now) +
        ": " +
        this.percent(Math.min(...values)) +
        "–" +
        this.percent(Math.max(...values)) +
        " %"
      : this.words.course;
    return {
      width,
      height,
      left,
      right,
      top,
      inner,
      text,
      pieces,
      activities: activities.map((band) => ({ ...band, ...span(band.from, band.to) })),
      gaps: gaps.map((gap) => ({ ...gap, ...span(gap.from, gap.to) })),
      tip: tip && { x: x(tip.time), y: y(tip.focus) },
      levels: [0, 50, 100].map((value) => ({ value, y: y(value / 100) })),
      ticks: this.ticksBetween(begin, end, width - left - right).map((time) => ({ time, x: x(time) })),
      events: this.placed(
        this.events.filter(({ kind, time }) => kind in this.words.events && time >= begin),
        x,
        { width, top, inner },
      ),
    };
  },
};

/** How times stand on the chart. */
export const axis = {
  /** Round times for the axis, as close as stays readable. */
  ticksBetween(begin, end, pixels) {
    const minutes =
      [1, 2, 5, 10, 15, 30, 60].find((m) => ((m * 60000) / (end - begin)) * pixels > 5.2 * this.rem) ?? 60;
    const step = minutes * 60000;
    const ticks = [];
    for (let time = Math.ceil(begin / step) * step; time <= end; time += step) ticks.push(time);
    return ticks;
  },
};
