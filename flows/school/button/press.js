// A message that the broker kept is from a press long ago.
if (msg.retain) return null;

// Zigbee2MQTT says {"action":"single"}, and then {"action":""}; others say a bare word.
let word = msg.payload;
try {
  const body = JSON.parse(msg.payload);
  word = body?.action ?? body?.click ?? body;
} catch {
  // A bare word.
}
if (!env.get("PRESSES").includes(String(word).toLowerCase())) return null;

// A finger bounces, and radio says things twice.
const now = Date.now();
const last = context.get("last") ?? 0;
context.set("last", now);
return now - last < 1000 ? null : { payload: "press" };
