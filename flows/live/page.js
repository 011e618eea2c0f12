import { air, comfort } from "./air.js";
import { axis, course } from "./chart.js";
import { figures } from "./figures.js";
import { flags } from "./flags.js";
import { hearing } from "./hear.js";
import { because, shut } from "./shut.js";
import { tapping } from "./tap.js";
import { view } from "./view.js";
import { speech, words } from "./words.js";

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
      /** `simulated` or `files`: what is played to the cameras instead of a class. */
      played: null,
      course: [],
      events: [],
      air: [],
      window: null,
      /** By language, the sentences that explain the window's number. */
      why: {},
      /** When the last window was heard, by the gateway's clock. */
      heard: null,
      health: null,
      state: null,
      /** Whether this page can hear the flow: what was live is not known to be any more from the moment it cannot. */
      connected: true,
      /** What the gateway's clock is ahead of this browser's, ms. */
      ahead: 0,
      now: Date.now(),
      /** Pixels that the chart has. */
      width: 900,
      height: 160,
      /** Pixels: letters grow with the screen. */
      rem: 16,
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
    ...words,
    ...view,
    ...shut,
    ...course,
    ...figures,
    ...comfort,
    activity() {
      return this.told.activity ?? this.window?.activity ?? null;
    },
    lesson() {
      return this.window?.lesson ?? "";
    },
    /** For the watcher: a sentence that stays the same is not read out again. */
    says() {
      return this.view.says;
    },
    title() {
      return (this.view.number === null ? this.view.word : this.view.number + " %") + " · " + this.room;
    },
    heardText() {
      if (this.heard === null) return this.words.neverHeard;
      if (this.view.live && this.connected) return this.view.unknown ? this.words.connected : this.words.live;
      return this.put(this.words.lastHeard, { duration: this.duration(this.now - this.heard) });
    },
    /**
     * The latest word from a flow or a tutor that is younger than ten minutes and was not put away. That the room is to be
     * aired is said no longer when every meter finds it fresh.
     */
    note() {
      const isFresh = this.comfort.some(({ quantity, band }) => quantity === "co2" && band === "calm");
      const isNote = ({ kind, time }) =>
        (kind === "notice" || kind === "suggestion") && time > this.now - 10 * 60000;
      return (
        this.events
          .filter((event) => isNote(event) && !this.dismissed.includes(event.time))
          .filter(({ about }) => about !== "air" || !isFresh)
          .at(-1) ?? null
      );
    },
  },

  methods: {
    ...hearing,
    ...tapping,
    ...speech,
    ...because,
    ...axis,
    ...flags,
    ...air,
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
    this.askHistory = () => {
      this.connected = true;
      this.send({ topic: "history" });
    };
    this.noteLoss = () => {
      this.connected = false;
    };
    this.$socket.on("connect", this.askHistory);
    this.$socket.on("disconnect", this.noteLoss);
    this.askHistory();
    this.beat = setInterval(() => {
      this.now = Date.now() + this.ahead;
    }, 1000);
    this.sizes = new ResizeObserver(([entry]) => {
      this.width = Math.max(Math.round(entry.contentRect.width), 260);
      this.height = Math.round(entry.contentRect.height);
      this.rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    });
    this.sizes.observe(this.$refs.plot);
  },

  unmounted() {
    const kept = "room played course events air window why heard health state told text dismissed".split(" ");
    window.focusLive = Object.fromEntries(kept.map((name) => [name, this[name]]));
    this.$socket.off("connect", this.askHistory);
    this.$socket.off("disconnect", this.noteLoss);
    clearInterval(this.beat);
    this.sizes.disconnect();
  },
};
