/**
 * Whose each client id is. With an id come a session's subscriptions and the messages that wait for it, and a second
 * client of the same id throws the first one out [MQTT-3.1.4-2]; aedes asks nobody whether they are of the same account.
 */
export interface ClientIds {
  /**
   * Whether that account may use the id that the client gives; from then on it is theirs, for as long as the connection or
   * the session lasts. `first` takes it from anybody.
   */
  claim(client: Connected, username: string, first: boolean): boolean;
}

/** What of an aedes client counts here. */
interface Connected {
  readonly id: string;
  /** Whether its session ends with it. */
  readonly clean: boolean;
  readonly conn: { once(event: "close", then: () => void): unknown };
}

export function openClientIds(): ClientIds {
  const owners = new Map<string, { readonly username: string }>();
  return {
    claim(client, username, first) {
      const owner = owners.get(client.id);
      if (owner && owner.username !== username && !first) return false;
      const own = { username };
      owners.set(client.id, own);
      client.conn.once("close", () => {
        // A kept session is there for its account to come back to.
        if (client.clean && owners.get(client.id) === own) owners.delete(client.id);
      });
      return true;
    },
  };
}
