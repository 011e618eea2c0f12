const { randomUUID } = require("node:crypto");
const { cutIntoStretches } = require("./stretches.js");

const VERSION = "1.0.3";
const VERBS = {
  experienced: { id: "http://adlnet.gov/expapi/verbs/experienced", display: { "en-US": "experienced" } },
};

/**
 * xAPI 1.0.3 statements about a room: that it has spent so long on an activity, with what the class as a whole was turned
 * to. The actor is the room, as a group with an account and without members: nothing in a statement is about a learner.
 *
 * `room` is `{ homePage, site, room }`; `hear(window)` and `rest(now)` give a statement or null.
 */
function stateActivities(room) {
  const stretches = cutIntoStretches();
  const state = (stretch) => (stretch === null || stretch.minutes < 1 ? null : statement(stretch, room));
  return {
    hear: (window) => state(stretches.hear(window)),
    rest: (now) => state(stretches.rest(now)),
  };
}

function statement(stretch, { homePage, site, room }) {
  const { activity, lesson, begin, end, focus, low, high, coverage, unknownMinutes } = stretch;
  const iri = (...levels) =>
    [homePage.replace(/\/+$/, ""), "focus-gateway", ...levels.map(encodeURIComponent)].join("/");
  const measured = {
    focus,
    "focus-low": low,
    "focus-high": high,
    coverage,
    "unknown-minutes": unknownMinutes,
  };
  const extensions = Object.entries(measured).filter(([, value]) => value !== null);
  return {
    // The same one however often it is sent: a record store takes an id once (xAPI Data 2.4.1).
    id: randomUUID(),
    version: VERSION,
    timestamp: new Date(end).toISOString(),
    actor: { objectType: "Group", name: room, account: { homePage, name: `${site}/${room}` } },
    verb: VERBS.experienced,
    object: {
      objectType: "Activity",
      id: iri("activity", activity),
      definition: { name: { "en-US": activity }, type: iri("activity-type", "classroom-activity") },
    },
    result: {
      duration: `PT${Math.round((end - begin) / 1000)}S`,
      extensions: Object.fromEntries(extensions.map(([name, value]) => [iri("extension", name), value])),
    },
    context: {
      platform: "focus-gateway",
      ...(lesson && {
        contextActivities: {
          grouping: [
            { objectType: "Activity", id: iri("lesson", lesson), definition: { name: { "en-US": lesson } } },
          ],
        },
      }),
    },
  };
}

module.exports = { stateActivities, VERSION };
