/**
 * What the large card says, computed from the last window, the gateway's health and the clock: a number when there is one,
 * else a word, a reason and what to do.
 */
export const view = {
  /** Silence of three windows makes the last figure old news. */
  silent() {
    return this.heard !== null && this.now - this.heard > 3000 * this.window.window_s;
  },
  stateNow() {
    if (this.state === "offline" || this.state === "stopped") return "off";
    if (!this.window) return "waiting";
    if (this.silent) return "silence";
    if (this.told.paused === true) return "paused";
    if (this.window.quality === "paused" && this.told.paused === false && !this.isHeldByOthers)
      return "resuming";
    if (this.window.quality !== "ok") return this.window.quality;
    if (this.window.activity === "break") return "break";
    return this.window.focus === null ? "low_coverage" : "ok";
  },
  view() {
    const state = this.stateNow;
    const { focus, low, high, activity } = this.window ?? {};
    if (state !== "ok") {
      const [word, says, advice] = this.words.unknown[state];
      const live = !["waiting", "off", "silence"].includes(state);
      const unknown = state !== "break";
      return { state, unknown, live, number: null, range: null, word, says, advice, ...this.because(state) };
    }
    const level = [0.85, 0.65, 0.45, 0.25, 0].findIndex((from) => focus >= from);
    const range = low === null || high === null ? null : [this.percent(low), this.percent(high)];
    return {
      state,
      unknown: false,
      live: true,
      number: this.percent(focus),
      range,
      word: "",
      says: this.put(this.words.levels[level], { doing: this.words.doing[activity] }),
      advice: range && range[1] - range[0] > 40 ? this.words.unsure : this.idea,
    };
  },
  /** What might be tried, by the mean of the last five minutes: the same steps as on the teacher's Grafana panel. */
  idea() {
    if (this.activity === "exam") return "";
    const recent = this.lessonCourse.filter(
      ({ focus, time }) => focus !== null && time > this.now - 5 * 60000,
    );
    if (recent.length < 3) return "";
    const mean = recent.reduce((sum, { focus }) => sum + focus, 0) / recent.length;
    const step = mean < 0.45 ? 0 : mean < 0.65 ? 1 : 2;
    // No praise beside a number that says otherwise, and no rescue of a class that has just come back.
    return (step === 2) === this.window.focus >= 0.65 ? this.words.ideas[step] : "";
  },
  /** Sentences that explain the number, in the page's language. */
  reasons() {
    return this.view.state === "ok" ? (this.why[this.language] ?? []) : [];
  },
  /** When focus was lost in this lesson, and when it came back. */
  lost() {
    const begin = this.lessonCourse.length ? this.lessonCourse[0].time : this.now;
    const turns = this.events.filter(
      ({ kind, time }) => /^focus_(drop|recovered)$/.test(kind) && time >= begin,
    );
    return turns
      .map((turn, index) => [turn, turns[index + 1]])
      .filter(([turn]) => turn.kind === "focus_drop")
      .slice(-4)
      .map(([{ time }, next]) => {
        const isBack = next?.kind === "focus_recovered";
        const text = isBack ? this.words.back : this.words.notBack;
        return {
          time,
          text: this.put(text, { from: this.clock(time), to: isBack ? this.clock(next.time) : "" }),
        };
      });
  },
};
