import { readFile } from "node:fs/promises";
import path from "node:path";
import { connect, connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { type Account, accountsOf } from "../../gateway/setup/accounts.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { type Entrance, startSchoolBroker } from "../support/school.ts";

/** What docs/mqtt.md promises: who may do what with which topic. */
interface Cell {
  readonly account: string;
  readonly topic: string;
  readonly reads: boolean;
  readonly writes: boolean;
}

const SITE = "riverside";
const ROOMS = ["room-11", "room-12"];
const page = await readFile(path.join(packageRoot, "docs/mqtt.md"), "utf8");
const cells = readTable(page.slice(page.indexOf("### Who may read and write what")));
const accounts = [...new Set(cells.map(({ account }) => account))];
const topics = [...new Set(cells.map(({ topic }) => topic))];
const granted = (account: string, right: "reads" | "writes") =>
  cells.filter((cell) => cell.account === account && cell[right]).map(({ topic }) => topic);

function readTable(text: string): Cell[] {
  const [head, , ...rows] = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1));
  const names = head!.slice(1).map((name) => name.replaceAll("`", "").trim());
  return rows.flatMap(([first, ...rights]) => {
    const below = /`([^`]+)`/.exec(first!)![1]!;
    const topic = below.startsWith("$") ? below : path.posix.join("classroom/v1", below);
    return rights.map((right, i) => {
      expect(right.trim()).toMatch(/^(reads|writes|reads, writes|–)$/);
      return { account: names[i]!, topic, reads: right.includes("reads"), writes: right.includes("writes") };
    });
  });
}

/** Sees and may do everything, so that somebody can tell what arrived. */
const OVERSEER: Account = { username: "overseer", read: ["#"], write: ["#"] };

const BROKERS: Readonly<Record<string, { skip: boolean; shares: boolean; open: () => Promise<Entrance> }>> = {
  "Mosquitto with the files of setup (skipped without mosquitto)": {
    skip: !hasMosquitto,
    shares: true,
    async open() {
      const folder = path.join(await temporaryFolder(), "focus");
      const camera = { name: "front", driver: "simulated" };
      const answers = { layout: "school", site: SITE, rooms: ROOMS, hosts: ["127.0.0.1"], camera } as const;
      await setUp({ ...answers, hosts: [...answers.hosts] }, folder, Date.now());
      return startSchoolBroker(folder, [OVERSEER]);
    },
  },
  "the embedded broker with the same rights": {
    skip: false,
    shares: false,
    async open() {
      const users = [...accountsOf(SITE, ROOMS), OVERSEER].map((account) => ({
        ...account,
        read: [...account.read],
        write: [...account.write],
        password: `of ${account.username}`,
      }));
      const options = brokerOptions.parse({ port: 0, connectionsPerAddress: 500, users });
      const broker = await openBroker(options, createLogger("silent" as "error", false));
      onTestFinished(() => broker.close());
      return { url: broker.url, port: broker.port, password: async (username) => `of ${username}` };
    },
  },
};

async function login(
  { url, ca, password }: Entrance,
  username: string,
  more: IClientOptions = {},
): Promise<MqttClient> {
  const client = await connectAsync(url, {
    username,
    password: await password(username),
    reconnectPeriod: 0,
    ...(ca && { ca }),
    ...more,
  });
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

/** Resolves once the broker has answered, or hung up. */
const sends = (client: MqttClient, topic: string, word: string, retain = false) =>
  new Promise<void>((resolve) => {
    client.once("close", () => resolve());
    client.publish(topic, word, { qos: 1, retain }, () => resolve());
  });

/** Ways to write. Each says who it was and how, and each uses a connection of its own, for some end by it. */
const WRITES: Readonly<Record<string, (at: Entrance, who: string, topic: string, word: string) => unknown>> =
  {
    published: async (at, who, topic, word) => sends(await login(at, who), topic, word),
    retained: async (at, who, topic, word) => sends(await login(at, who), topic, word, true),
    "last will": async (at, who, topic, word) => {
      const client = await login(at, who, {
        will: { topic, payload: Buffer.from(word), qos: 1, retain: false },
      });
      client.stream.destroy();
    },
  };

/** Ways to read a topic. */
const filtersFor = ({ topic, account }: Cell, shares: boolean): Record<string, string> => {
  const above = topic.slice(0, topic.lastIndexOf("/"));
  return {
    "by its name": topic,
    "with +": `${above}/+`,
    "with #": `${above}/#`,
    ...(shares && { shared: `$share/${account}/${topic}` }), // a group each, or they would take turns
  };
};

/** What somebody might try who wants everything. */
const GREEDY = [
  "#",
  "+/#",
  "classroom/#",
  "classroom/v1/+/+/focus",
  `classroom/v1/${SITE}/#`,
  `classroom/v1/${SITE}/+/set/+`,
  "$SYS/#",
  "$share/group/#",
  "$share/group/classroom/#",
];

describe.each(Object.entries(BROKERS))("what docs/mqtt.md grants, at %s", (_name, { skip, shares, open }) => {
  it.skipIf(skip)(
    "is what accounts can write: published, retained and as a last will",
    async () => {
      const at = await open();
      const overseer = await login(at, OVERSEER.username);
      const arrived: string[] = [];
      overseer.on("message", (topic, payload) => void arrived.push(`${payload} at ${topic}`));
      await overseer.subscribeAsync("#", { qos: 1 });

      const tried = Object.entries(WRITES).flatMap(([way, write]) =>
        cells.map((cell) => ({ ...cell, write, word: `${cell.account} ${way}` })),
      );
      await Promise.all(tried.map(({ write, account, topic, word }) => write(at, account, topic, word)));
      const expected = tried.flatMap(({ writes, topic, word }) => (writes ? [`${word} at ${topic}`] : []));
      await until(
        () => expected.every((one) => arrived.includes(one)) || undefined,
        20,
        "what may be written",
      );
      // A will that comes last of all, so that those before it had their time.
      await WRITES["last will"]!(at, OVERSEER.username, "end", "end");
      await until(() => arrived.includes("end at end") || undefined, 20, "the end");
      expect(arrived.filter((one) => one !== "end at end").sort()).toEqual(expected.sort());

      const later = await login(at, OVERSEER.username);
      const kept: string[] = [];
      later.on("message", (topic, payload) => void kept.push(`${payload} at ${topic}`));
      await later.subscribeAsync("#", { qos: 1 });
      const kinds = new Set(cells.filter(({ writes }) => writes).map(({ topic }) => topic)).size;
      await until(() => kept.length >= kinds || undefined, 20, "what is retained");
      const mayBeKept = expected.filter((one) => one.includes(" retained at "));
      expect(kept.filter((one) => !mayBeKept.includes(one))).toEqual([]);
      expect(kept).toHaveLength(kinds);
    },
    60_000,
  );

  it.skipIf(skip)(
    "is what accounts can read: by name, with wildcards, shared, and what is retained",
    async () => {
      const at = await open();
      const overseer = await login(at, OVERSEER.username);
      const ours = topics.filter((topic) => !topic.startsWith("$"));
      for (const topic of ours) await overseer.publishAsync(topic, "kept", { qos: 1, retain: true });

      const listen = async (account: string, filter: string) => {
        const client = await login(at, account);
        const heard: string[] = [];
        client.on("message", (topic, payload) => void heard.push(`${topic} ${payload}`));
        await client.subscribeAsync(filter).catch(() => {}); // whatever the broker says, what arrives counts
        return { account, filter, heard, end: () => client.unsubscribeAsync(filter) };
      };
      const readers = await Promise.all(
        cells.flatMap((cell) =>
          Object.values(filtersFor(cell, shares)).map(async (filter) => ({
            ...(await listen(cell.account, filter)),
            topic: cell.topic,
            expected: cell.reads ? ["kept", "live"] : [],
          })),
        ),
      );
      const greedy = await Promise.all(
        accounts.flatMap((account) => GREEDY.map((filter) => listen(account, filter))),
      );
      for (const topic of ours) await overseer.publishAsync(topic, "live", { qos: 1 });
      // What was under way arrives before the answer to this.
      await Promise.all([...readers, ...greedy].map((reader) => reader.end()));

      const wrong = readers.flatMap(({ account, filter, topic, heard, expected }) => {
        const got = heard.filter((one) => one.startsWith(`${topic} `)).map((one) => one.split(" ")[1]!);
        const same = got.sort().join() === [...expected].sort().join();
        return same ? [] : [`${account} got [${got}] of ${topic} by ${filter}, and not [${expected}]`];
      });
      const surplus = [...readers, ...greedy].flatMap(({ account, filter, heard }) =>
        heard
          .filter((one) => !granted(account, "reads").includes(one.split(" ")[0]!))
          .map((one) => `${account} got ${one} by ${filter}`),
      );
      expect({ wrong, surplus }).toEqual({ wrong: [], surplus: [] });
    },
    60_000,
  );

  it.skipIf(skip)(
    "is not widened by another's client id: neither what it subscribed to, nor what waits for it",
    async () => {
      const at = await open();
      const overseer = await login(at, OVERSEER.username);
      const kept = { clientId: "recorder of riverside", clean: false };
      const recorder = await login(at, "recorder", kept);
      await recorder.subscribeAsync(`classroom/v1/${SITE}/#`, { qos: 1 });
      await recorder.endAsync();
      const topic = `classroom/v1/${SITE}/room-12/focus`;
      await overseer.publishAsync(topic, "waits", { qos: 1 });

      const heard: string[] = [];
      const thief = connect(at.url, {
        ...{ username: "it", password: await at.password("it"), reconnectPeriod: 0, ...kept },
        ...(at.ca && { ca: at.ca }),
      });
      onTestFinished(() => void thief.end(true));
      thief.on("error", () => {});
      thief.on("message", (on, payload) => void heard.push(`${on} ${payload}`));
      await new Promise((resolve) => thief.once("connect", resolve).once("close", () => resolve(null)));
      await overseer.publishAsync(topic, "live", { qos: 1 });
      await overseer.publishAsync(topic, "live", { qos: 1, retain: true });
      if (thief.connected) await thief.subscribeAsync(`classroom/v1/${SITE}/+/gateway/#`, { qos: 1 });
      if (thief.connected) await thief.unsubscribeAsync(`classroom/v1/${SITE}/+/gateway/#`);
      expect(heard).toEqual([]);
    },
  );

  it.skipIf(skip)("is for nobody without the right password", async () => {
    const at = await open();
    const tries = [
      { username: undefined, password: undefined },
      { username: undefined, password: "" },
      ...accounts.flatMap((username) => ["", "a guess"].map((password) => ({ username, password }))),
      { username: "nobody", password: "a guess" },
    ];
    for (const { username, password } of tries) {
      const asked = connectAsync(
        at.url,
        {
          reconnectPeriod: 0,
          ...(username !== undefined && { username }),
          ...(password !== undefined && username !== undefined && { password }),
          ...(at.ca && { ca: at.ca }),
        },
        false,
      );
      await expect(asked, `${username} with ${password}`).rejects.toThrow(/not authorized|bad user/i);
    }
  });
});

it("knows of every account that setup makes, and of each right that it has", () => {
  const room11 = accountsOf(SITE, ROOMS).filter(({ username }) => !username.endsWith("room-12"));
  expect(accounts).toEqual(room11.map(({ username }) => username));
  for (const { username, read, write } of room11) {
    expect(granted(username, "reads").length > 0, username).toBe(read.length > 0);
    expect(granted(username, "writes").length > 0, username).toBe(write.length > 0);
  }
});
