/**
 * Who may read and write which topics, in MQTT's own words: topic filters with `+` and `#`.
 *
 * A filter covers another when every topic that the other matches is matched by it too; a topic is a filter that
 * matches itself only.
 */
export function covers(allowed: string, asked: string): boolean {
  const have = allowed.split("/");
  const want = asked.split("/");
  // [MQTT-4.7.2-1] a wildcard at the beginning matches no topic that begins with `$`.
  if (want[0]!.startsWith("$") && have[0] !== want[0]) return false;
  for (const [i, level] of have.entries()) {
    if (level === "#") return true; // and `a/#` matches `a` itself [MQTT-4.7.1.2]
    const other = want[i];
    if (other === undefined) return false;
    if (other === "#" || (other === "+" && level !== "+")) return false;
    if (level !== "+" && level !== other) return false;
  }
  return want.length === have.length || (want.length === have.length - 1 && have.at(-1) === "#");
}

/** What somebody may do. */
export interface Rights {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

export const EVERYTHING: Rights = { read: ["#"], write: ["#"] };

/** What is shown and what runs as a flow may hear the room (and the school's button) and tell the gateway, and no more. */
export const flowRights = (root: string, button: string | undefined): Rights => ({
  read: [`${root}/#`, ...(button ? [button] : [])],
  write: [`${root}/set/+`],
});

export const mayRead = ({ read }: Rights, filter: string) => read.some((allowed) => covers(allowed, filter));
export const mayWrite = ({ write }: Rights, topic: string) => write.some((allowed) => covers(allowed, topic));
