// What the class is doing, by the room's latest window.
if (msg.kind !== "suggestion") {
  flow.set("activity", msg.payload.activity);
  return null;
}

const { source, activity, time } = msg.payload;
if (!activity || !env.get("FOLLOW").includes(source)) return null;

// Into an exam and out of one only the teacher goes; and nobody follows what was suggested long ago.
if (activity === "exam" || flow.get("activity") === "exam") return null;
if (Date.now() - Date.parse(time) > 60_000) return null;
return { payload: activity };
