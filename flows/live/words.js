/** What the page says, in the language of who looks at it. `words/` has the tables. */
export const words = {
  /** Every word on the page. */
  words() {
    return this.languages[this.language];
  },
};

/** Numbers, times and sentences as texts, and the choice of a language. */
export const speech = {
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
      [localStorage.getItem("focus-language") ?? "", ...navigator.languages].map(known).find(Boolean) ?? "en"
    );
  },
  choose(language) {
    this.language = language;
    localStorage.setItem("focus-language", language);
  },
};
