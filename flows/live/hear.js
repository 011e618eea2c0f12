/** What the flow says to the page: each `hear_…` takes in one kind of it (gateway/show/nodered/lesson.ts). */
export const hearing = {
  hear({ topic, payload, now }) {
    this.ahead = now - Date.now();
    this.now = now;
    const listener = "hear_" + topic;
    if (typeof this[listener] === "function") this[listener](payload);
  },
  /** Joined with what this page knows: after a restart the flow knows less until it has asked. */
  hear_history(all) {
    this.room = all.room;
    this.played = all.played;
    this.course = this.joined(this.course, all.course);
    this.events = this.joined(this.events, all.events);
    this.air = all.air.length ? all.air : this.air;
    if (all.window && this.isNewest(all.window)) {
      const { window, why, heard } = all;
      // What is told again was heard when it was said; this page may have heard it later.
      Object.assign(this, { window, why, heard: Math.max(heard, this.heard ?? 0) });
    }
    this.health = all.health ?? this.health;
    this.state = all.state ?? this.state;
  },
  /** What waited on disk while the broker was away comes late, and is the class then, not now. */
  isNewest(window) {
    return this.window === null || window.time >= this.window.time;
  },
  /** The two hours before, as the flow keeps them (gateway/show/nodered/order.ts): a page on a wall is open for weeks. */
  since(now, entries) {
    return entries.filter(({ time }) => time > now - 2 * 60 * 60000);
  },
  joined(mine, theirs) {
    const known = new Map([...mine, ...theirs].map((entry) => [entry.time + (entry.kind ?? ""), entry]));
    return [...known.values()].sort((a, b) => a.time - b.time);
  },
  hear_focus({ window, point, heard, why }) {
    this.course = this.joined(this.since(point.time, this.course), [point]);
    if (!this.isNewest(window)) return;
    Object.assign(this, { window, why, heard, told: { activity: null, paused: null } });
    this.settle("activity", window.activity);
    this.settle("pause", this.paused);
  },
  hear_event(event) {
    this.events = this.joined(this.since(event.time, this.events), [event]);
    if (event.kind === "activity" && event.activity) {
      this.told = { ...this.told, activity: event.activity };
      this.settle("activity", event.activity);
    }
    if (event.kind === "paused" || event.kind === "resumed") {
      this.told = { ...this.told, paused: event.kind === "paused" };
      this.hold("teacher", event.kind === "paused");
      this.settle("pause", event.kind === "paused");
    }
    if (event.kind === "mark") {
      if (this.asked?.topic === "mark") this.asked = null;
      this.spoken = this.put(this.words.markedAt, { time: this.clock(event.time) });
    }
  },
  /** What was tapped has come about. */
  settle(topic, payload) {
    if (this.isAsked(topic, payload)) this.asked = null;
  },
  /** Health is said every ten seconds; until then it is this that is known. */
  hold(who, isHeld) {
    if (!this.health?.shut_by) return;
    const others = this.health.shut_by.filter((holder) => holder !== who);
    this.health = { ...this.health, shut_by: isHeld ? [...others, who] : others };
  },
  hear_air(reading) {
    const others = this.air.filter(
      ({ device, quantity }) => device !== reading.device || quantity !== reading.quantity,
    );
    this.air = [...others, reading];
  },
  hear_health(health) {
    this.health = health;
  },
  hear_state(state) {
    this.state = state;
  },
};
