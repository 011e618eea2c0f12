/** The smaller figures of the page and its last line, as texts: "–" for what is not known, and never a zero. */
export const figures = {
  /** The shares of the stacked bar in their fixed order, or null while unknown. */
  shares() {
    const targets = this.view.state === "ok" ? this.window.targets : null;
    if (!targets) return null;
    return Object.keys(this.words.targets).map((target) => ({ target, share: targets[target] ?? 0 }));
  },
  sharesText() {
    return this.shares
      .map(({ target, share }) => this.words.targets[target] + " " + this.percent(share) + " %")
      .join(", ");
  },
  seenText() {
    const { heads = null, expected = null } = (this.view.live && this.window) || {};
    if (heads === null) return "–";
    return expected === null ? String(heads) : this.put(this.words.ofExpected, { heads, expected });
  },
  shiftsText() {
    const value = this.shares ? this.window.shifts_per_min : null;
    return value === null ? "–" : value.toFixed(1);
  },
  synchronyText() {
    const value = this.shares ? this.window.synchrony : null;
    return value === null ? "–" : this.percent(value) + " %";
  },
  /** Cameras, and those sensors with which something is wrong. */
  devices() {
    if (!this.view.live) return [];
    const cameras = Object.entries(this.health?.cameras ?? {});
    const sensors = Object.entries(this.health?.sensors ?? {}).filter(([, state]) => state !== "ok");
    return [
      ...cameras.map(([name, state]) => ({
        name,
        bad: !["ok", "paused"].includes(state),
        word: this.words.cameras[state] ?? state,
      })),
      ...sensors.map(([name, state]) => ({
        name,
        bad: !["opening", "paused"].includes(state),
        word: this.words.sensors[state] ?? state,
      })),
    ];
  },
  fps() {
    const value = (this.view.live && this.health?.frames_per_second) || null;
    return value === null ? null : value.toFixed(value < 10 ? 1 : 0);
  },
  provider() {
    return this.window?.provider ?? "";
  },
  model() {
    return (this.window?.model ?? "").split("@")[0];
  },
};
