/** Whether the cameras are open, and who keeps them shut: what the gateway's health tells, and what was tapped since. */
export const shut = {
  /** Why they have been shut for the longest, `[holder, reason]`; null while nobody does, or nothing is known. */
  shutFirst() {
    const [, who, because] = /^(\w+): (.*)$/.exec(this.health?.shut ?? "") ?? [];
    return who ? [who, because] : null;
  },
  /** Everybody who keeps them shut, the longest-standing first. A gateway before `shut_by` names one. */
  holders() {
    return this.health?.shut_by ?? (this.shutFirst ? [this.shutFirst[0]] : []);
  },
  /** Whether the teacher paused, so that there is something to resume: also where others keep them shut too. */
  paused() {
    if (this.told.paused !== null) return this.told.paused;
    return (
      this.window?.quality === "paused" && (this.holders.length === 0 || this.holders.includes("teacher"))
    );
  },
  isHeldByOthers() {
    return this.holders.some((holder) => holder !== "teacher");
  },
  /** Whether cameras are open at this moment; null while it is not known. */
  camerasOpen() {
    const states = Object.values(this.health?.cameras ?? {});
    if (!this.view.live || !this.connected || states.length === 0) return null;
    if (this.view.state === "paused") return false;
    return this.health.shut === null && states.some((state) => state !== "paused" && state !== "lost");
  },
  camerasText() {
    if (this.camerasOpen === null) return "";
    return this.camerasOpen ? this.words.camerasOpen : this.words.camerasShut;
  },
};

/** Why a state is what it is, as far as the gateway's health tells. */
export const because = {
  because(state) {
    if (state === "paused") return this.becauseShut();
    if (state !== "no_camera") return {};
    const bad = Object.values(this.health?.cameras ?? {}).find((its) => its in this.words.cameraAdvice);
    return bad ? { says: this.words.cameraAdvice[bad], advice: "" } : {};
  },
  /** Both matter: a pause of the teacher's outlasts the timetable's, and the other way round. */
  becauseShut() {
    const [who, reason] = this.shutFirst ?? [];
    const says = this.words.shut[who];
    if (says && this.holders.includes(who))
      return {
        says: this.put(says, { because: this.words.because[reason] ?? reason }),
        advice: this.paused ? this.words.pausedToo : this.words.shutAdvice[who],
      };
    return this.isHeldByOthers ? { advice: this.words.shutToo } : {};
  },
};
