import path from "node:path";
import type { PreparedPack } from "../models/manifest.ts";
import { openAccount } from "./account.ts";
import { joinSurroundings, openAttender } from "./attend/attend.ts";
import { followCameras, playedTo } from "./cameras.ts";
import { repeat } from "./clock.ts";
import type { Config } from "./config.ts";
import { lockDataFolder } from "./dataFolder.ts";
import { type Eye, openEye } from "./eye/eye.ts";
import { startFlow } from "./flow.ts";
import { openGuard } from "./guard.ts";
import type { ConfigSource } from "./health.ts";
import type { Logger } from "./log.ts";
import { revealSecret } from "./options.ts";
import { openParts } from "./parts.ts";
import { BOUNDS, openProtector, watchForDrops, watchForShifts } from "./protect/protect.ts";
import {
  eventMessage,
  flowRights,
  focusMessage,
  type GatewayEvent,
  healthMessage,
  listenForControls,
  openBroker,
  openPublisher,
  openStamps,
  topicRoot,
} from "./publish/publish.ts";
import { openRecord } from "./record/record.ts";
import { openSenses } from "./senses.ts";
import { openHealthServer, openLivePage } from "./show/show.ts";
import { watchStatus } from "./status.ts";
import type { Clock, Message } from "./terms.ts";

/** A gateway that runs, and where it can be reached. */
export interface Gateway {
  readonly urls: {
    readonly broker: string;
    readonly live: string | null;
    readonly editor: string | null;
    readonly health: string | null;
  };
  readonly eye: Eye;
  /** Closes every part, in reverse order. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly log: Logger;
  readonly clock: Clock;
  /** Where the config comes from; `as_given` when left out. */
  readonly source?: ConfigSource;
}

/**
 * The composition root: opens every part in order, joins them, and closes them in reverse. When one does not open, those
 * before it are closed again and its error is thrown.
 */
export async function openGateway(
  config: Config,
  pack: PreparedPack,
  { log, clock, source = "as_given" }: Surroundings,
): Promise<Gateway> {
  const { site, room, dataFolder, privacy } = config;
  const parts = openParts();
  const root = topicRoot(site, room);
  try {
    parts.add(await lockDataFolder(dataFolder), (lock) => lock.release());
    const account = parts.add(await openAccount(config, clock), (it) => it.close());

    // The ways out come first, so that nothing is seen that could not be kept.
    const broker = config.mqtt.url
      ? null
      : parts.add(await openBroker(config.broker, log), (it) => it.close());
    const mqtt = { ...config.mqtt, ...broker?.login, url: config.mqtt.url ?? broker!.url };
    const login = {
      ...mqtt,
      password: mqtt.password === undefined ? undefined : revealSecret(mqtt.password),
    };

    const record = parts.add(
      await openRecord(config.record, {
        mqtt: { ...login, clientId: `focus-recorder:${site}:${room}` },
        ...(broker && { intake: broker }),
        root,
        dataFolder,
        log,
        clock,
      }),
      (it) => it.close(),
    );
    const publisher = parts.add(
      await openPublisher(
        {
          root,
          mqtt,
          spool: { ...config.spool, folder: path.join(dataFolder, "spool") },
          isHeard: () => record.state().listening,
        },
        { log, clock },
      ),
      (it) => it.close(),
    );
    const send = (message: Message) => {
      publisher
        .send(message)
        .catch((error) => log.error({ err: error }, `a message could not be kept: ${message.topic}`));
    };
    const stamps = openStamps({
      clock,
      floor: EARLIEST,
      onStep(seconds) {
        log.warn({ seconds }, "the machine's clock was set");
        say(clock.now(), (time) => eventMessage({ time, kind: "clock_set", seconds }));
      },
    });
    /** Sends it with a time that can be relied on. */
    const say = (time: number, message: (time: number) => Message) =>
      stamps.stamp(time, (reliable) => send(message(reliable)));

    const air = joinSurroundings(clock);
    const attend = parts.add(
      await openAttender(config.attend, {
        log,
        clock,
        environment: air.now,
        calibrationFile: path.join(dataFolder, "calibration.json"),
        landmarks: Object.fromEntries(config.cameras.map(({ name, landmarks }) => [name, landmarks])),
      }),
      (it) => it.close(),
    );
    const makers = { model: attend.model, perception: pack.id };
    const status = watchStatus({ config, publisher, record, stamps, account, makers, source, clock });
    const turnIn = watchForDrops();
    const shiftIn = BOUNDS[privacy.profile].inference ? watchForShifts() : () => null;
    const flow = startFlow(
      {
        attend,
        protect: openProtector(
          config.protect,
          { ...makers, engine: { provider: "cpu", precision: pack.precision } },
          BOUNDS[privacy.profile],
        ),
        publish(window, zone) {
          if (zone !== undefined) return say(window.time, (time) => focusMessage(window, { zone, time }));
          status.closed(window);
          say(window.time, (time) => focusMessage(window, { time }));
          for (const event of [turnIn(window), shiftIn(window)]) {
            if (event) say(event.time, (time) => eventMessage({ ...event, time }));
          }
        },
      },
      config.protect.windowSeconds,
      { log, clock },
    );
    parts.add(flow, (it) => it.close());
    const tell = (event: GatewayEvent) => say(event.time, (time) => eventMessage({ ...event, time }));
    const guard = await openGuard(config, { flow, account: account.add, tell }, { log, clock });
    parts.add(guard, (it) => it.close());
    status.guarded(guard);
    listenForControls(publisher.connection, { root, handler: guard.obey }, { log, clock });

    const senses = parts.add(
      openSenses(config, { broker: login, air, flow, say, tell }, { log, clock }),
      (it) => it.close(),
    );

    const { health: healthConfig, live: liveConfig } = config.show;
    const health = healthConfig.enabled
      ? parts.add(await openHealthServer(healthConfig, { report: () => status.report(), log }), (it) =>
          it.close(),
        )
      : null;
    // Page and eye are processes of their own and start beside each other.
    const page = liveConfig.enabled
      ? openLivePage(liveConfig, {
          mqtt: {
            ...{ ...login, ...flowsLogin(config) },
            ...broker?.guest("flows", flowRights(root, config.show.flows.button?.topic)),
          },
          site,
          room,
          flows: config.show.flows,
          counts: config.protect.focusTargets,
          past: record.past,
          played: playedTo(config.cameras),
          dataFolder,
          log,
          clock,
        })
      : Promise.resolve(null);
    page.catch(() => {}); // it is thrown where it is waited for
    parts.add(page, async (opening) => (await opening.catch(() => null))?.close());

    const heed = followCameras({ forget: attend.forget, tell, log, clock });

    // The eye comes last: it looks only when there is somewhere to go with what it sees, and when it may.
    const eye = parts.add(
      await openEye(
        {
          ...config.eye,
          cameras: config.cameras,
          microphones: config.sensors.flatMap((sensor) => (sensor.driver === "sound" ? [sensor] : [])),
          pack,
          pace: "live",
          shut: true,
        },
        {
          onView: (view) => flow.see(view),
          onCamera(name, state, problem, code) {
            status.camera(name, { state, problem, code });
            heed(name, state, problem, code);
          },
          onSound: senses.sounds.heard,
          onDeaf: senses.sounds.away,
        },
        { log, clock },
      ),
      (it) => it.close(),
    );
    await guard.attach(eye);
    parts.add(guard, (it) => it.detach());
    const live = await page;
    status.watch({ eye, live, senses });
    parts.add(
      repeat(HEALTH_SECONDS, clock, async () => {
        const health = await status.health();
        say(health.time, (time) => healthMessage({ ...health, time }));
      }),
      (it) => it.close(),
    );

    return {
      urls: {
        broker: login.url,
        live: live?.url ?? null,
        editor: live?.editorUrl ?? null,
        health: health?.url ?? null,
      },
      eye,
      close: () => parts.close(log),
    };
  } catch (error) {
    await parts.close(log);
    throw error;
  }
}

const flowsLogin = ({ mqtt: { flows } }: Config) =>
  flows && { username: flows.username, password: revealSecret(flows.password) };

/** No machine with this program on it has an earlier time. */
const EARLIEST = Date.UTC(2026, 0, 1);
/** Health is said this often, in seconds. */
const HEALTH_SECONDS = 10;
