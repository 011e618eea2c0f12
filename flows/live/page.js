import { air, comfort } from "./air.js";
import { axis, course } from "./chart.js";
import { because, view } from "./view.js";

/**
 * The live page: a component of Dashboard 2 in options style, put together with page.html and page.css by
 * gateway/show/nodered/page.ts. It speaks to the flow beside it:
 *   from the flow  history | focus | event | air | health | state   (gateway/show/nodered/lesson.ts)
 *   to the flow    history | activity | pause | mark
 */
export default {
  data() {
    return {
      /** All tables of words/, by language: put in here when the page is put together. */
      languages: {},
      language: "en",
      /** `?kiosk`: for a screen on the wall; nothing to tap. */
      kiosk: new URLSearchParams(window.location.search).has("kiosk"),
      room: "",
      course: [],
      events: [],
      air: [],
      window: null,
      /** By language, the sentences that explain the window's number. */
      why: {},
      /** When the last window was heard, by this browser's clock. */
      heard: null,
      health: null,
      state: null,
      /** What the gateway's clock is ahead of this browser's, ms. */
      ahead: 0,
      now: Date.now(),
      width: 900,
      tall: window.innerHeight,
      text: "",
      /** What was tapped and has not been answered yet. */
      asked: null,
      /** What the gateway said it does, until the next window shows it. */
      told: { activity: null, paused: null },
      /** Notes that were put away, by time. */
      dismissed: [],
      spoken: "",
    };
  },

  computed: {
    ...view,
    ...comfort,
    ...course,
    /** Every word on the page. */
    words() {
      return this.languages[this.language];
    },
    activity() {
      return this.told.activity ?? this.window?.activity ?? null;
    },
    lesson() {
      return this.window?.lesson ?? "";
    },
    says() {
      return this.view.says;
    },
    title() {
      return (this.view.number === null ? this.view.word : this.view.number + " %") + " · " + this.room;
    },
    heardText() {
      if (this.heard === null) return this.words.neverHeard;
      if (this.view.live) return this.view.unknown ? this.words.connected : this.words.live;
      return this.put(this.words.lastHeard, { duration: this.duration(this.now - this.heard) });
    },
    /** The latest word from a flow or a tutor that is younger than ten minutes and was not put away. */
    note() {
      const isNote = ({ kind, time }) =>
        (kind === "notice" || kind === "suggestion") && time > this.now - 10 * 60000;
      return (
        this.events.filter((event) => isNote(event) && !this.dismissed.includes(event.time)).at(-1) ?? null
      );
    },
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
  },

  methods: {
    ...air,
    ...axis,
    ...because,
    percent(share) {
      return Math.round(share * 100);
    },
    /** A sentence with `{names}` filled in. */
    put(text, values) {
      return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    },
    clock(time) {
      return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    },
    duration(ms) {
      const seconds = Math.round(ms / 1000);
      const isShort = seconds < 120;
      return this.put(isShort ? this.words.seconds : this.words.minutes, {
        n: isShort ? seconds : Math.round(seconds / 60),
      });
    },

    /** The language chosen here before, else the first of the browser's that there is. */
    preferredLanguage() {
      const known = (tag) => [tag, tag.split("-")[0]].find((key) => key in this.languages);
      return (
        [localStorage.getItem("focus-language") ?? "", ...navigator.languages].map(known).find(Boolean) ??
        "en"
      );
    },
    choose(language) {
      this.language = language;
      localStorage.setItem("focus-language", language);
    },

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

    hear({ topic, payload, now }) {
      this.ahead = now - Date.now();
      this.now = now;
      const listener = "hear_" + topic;
      if (typeof this[listener] === "function") this[listener](payload);
    },
    /** Joined with what this page knows: after a restart the flow knows less until it has asked. */
    hear_history(all) {
      this.room = all.room;
      this.course = this.joined(this.course, all.course);
      this.events = this.joined(this.events, all.events);
      this.air = all.air.length ? all.air : this.air;
      if (all.window && (!this.window || all.window.time >= this.window.time)) {
        this.window = all.window;
        this.why = all.why;
        this.heard = Math.max(all.heard, this.heard ?? 0);
      }
      this.health = all.health ?? this.health;
      this.state = all.state ?? this.state;
    },
    joined(mine, theirs) {
      const known = new Map([...mine, ...theirs].map((entry) => [entry.time + (entry.kind ?? ""), entry]));
      return [...known.values()].sort((a, b) => a.time - b.time);
    },
    hear_focus({ window, point, heard, why }) {
      this.window = window;
      this.why = why;
      this.heard = heard;
      this.told = { activity: null, paused: null };
      this.course = this.joined(
        this.course.filter(({ time }) => time > point.time - 7200000),
        [point],
      );
      this.settle("activity", window.activity);
      this.settle("pause", this.paused);
    },
    hear_event(event) {
      this.events = this.joined(this.events, [event]);
      if (event.kind === "activity" && event.activity) {
        this.told = { ...this.told, activity: event.activity };
        this.settle("activity", event.activity);
      }
      if (event.kind === "paused" || event.kind === "resumed") {
        this.told = { ...this.told, paused: event.kind === "paused" };
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
  },

  watch: {
    /** Read out when the sentence changes, and not at every figure. */
    says(now) {
      this.spoken = now;
    },
    title(now) {
      document.title = now;
    },
    language(now) {
      document.documentElement.lang = now;
    },
    note(now) {
      if (now) this.spoken = now.text;
    },
  },

  mounted() {
    this.language = this.preferredLanguage();
    document.documentElement.lang = this.language;
    // After every reconnection the dashboard builds its pages anew: go on with what was known.
    Object.assign(this, window.focusLive);
    this.$socket.on("msg-input:" + this.id, this.hear);
    // Answered to this page alone; asked again after every reconnection, since windows were missed.
    this.askHistory = () => this.send({ topic: "history" });
    this.$socket.on("connect", this.askHistory);
    this.askHistory();
    this.beat = setInterval(() => {
      this.now = Date.now() + this.ahead;
    }, 1000);
    this.sizes = new ResizeObserver(([entry]) => {
      this.width = Math.max(Math.round(entry.contentRect.width), 260);
      this.tall = window.innerHeight;
    });
    this.sizes.observe(this.$refs.plot);
  },

  unmounted() {
    const { course, events, air, heard, health, state, why, dismissed } = this;
    window.focusLive = { course, events, air, heard, health, state, why, dismissed, window: this.window };
    this.$socket.off("connect", this.askHistory);
    clearInterval(this.beat);
    this.sizes.disconnect();
  },
};
