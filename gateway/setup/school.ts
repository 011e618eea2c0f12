import { flowsAccount, gatewayAccount } from "./accounts.ts";
import type { Answers } from "./answers.ts";
import type { Authority } from "./certificates.ts";
import { type Folder, PRIVATE } from "./files.ts";
import { configText, writeWithPage } from "./room.ts";
import { secretsOf, setUpServer, usbCamera } from "./server.ts";

/** Where the containers find what was set up; see docker/compose.yaml. */
const MOUNTED = "/etc/focus-gateway/";

/** One machine with gateway, broker, database and Grafana. Returns what to do next. */
export async function setUpBox(answers: Answers, folder: Folder, authority: Authority) {
  const { site, rooms, hosts, camera } = answers;
  const [room] = rooms as [string];
  await setUpServer(answers, folder, authority);
  await folder.identity("gateway", authority, hosts as [string, ...string[]]);
  const notes = await writeWithPage(folder, `${MOUNTED}certificates/`, (live) => ({
    site,
    room,
    dataFolder: "/var/lib/focus-gateway",
    cameras: [usbCamera(answers) ? { ...camera, device: "/dev/video0" } : camera],
    ...upstream(room, "mosquitto", "influxdb", MOUNTED),
    show: { live },
  }));
  return [
    ...notes,
    "docker compose up -d --build --force-recreate   # the first time, and to hand over what has changed",
    `Live page: https://${hosts[0]}:1880/live, user teacher, password in secrets/live-page-password`,
    `Grafana:   https://${hosts[0]}:3000, user admin, password in secrets/grafana-admin-password`,
    "Devices that open them have to trust certificates/authority.pem. Keep certificates/authority-key.pem somewhere safe.",
  ];
}

/** One machine with broker, database and Grafana, and a folder for the gateway of each room. Returns what to do next. */
export async function setUpSchool(
  answers: Answers,
  folder: Folder,
  authority: Authority,
  gone: readonly string[],
) {
  const { site, rooms, hosts, camera } = answers;
  const secrets = await setUpServer(answers, folder, authority, gone);
  for (const room of gone) await folder.remove(`rooms/${room}/secrets`);
  for (const room of rooms) {
    const at = `rooms/${room}/`;
    for (const secret of secretsOf(room))
      await folder.ours(`${at}${secret}`, `${secrets.get(secret)!}\n`, PRIVATE);
    await folder.ours(`${at}certificates/authority.pem`, authority.certificate);
    await folder.once(`${at}gateway.yaml`, () =>
      configText({
        site,
        room,
        dataFolder: "data",
        cameras: [camera],
        ...upstream(room, hosts[0]!, hosts[0]!, ""),
      }),
    );
  }
  return [
    "docker compose up -d --force-recreate   # the first time, and to hand over what has changed",
    "Then copy each folder rooms/ROOM to its gateway (scp -r), and there: sudo packaging/install.sh --from RELEASE.tgz --config ROOM",
    `Grafana: https://${hosts[0]}:3000, user admin, password in secrets/grafana-admin-password`,
    "Keep certificates/authority-key.pem somewhere safe, and off the gateways.",
  ];
}

/** How a gateway reaches the school's broker and database: with an account of its own at each. */
const upstream = (room: string, broker: string, database: string, at: string) => {
  const username = gatewayAccount(room);
  const caFile = `${at}certificates/authority.pem`;
  return {
    mqtt: {
      url: `mqtts://${broker}:8883`,
      username,
      password: { file: `${at}secrets/mqtt-${username}` },
      caFile,
      flows: {
        username: flowsAccount(room),
        password: { file: `${at}secrets/mqtt-${flowsAccount(room)}` },
      },
    },
    record: {
      influx: {
        // InfluxDB 2.7 by the accounts that it knows from 1.x: their passwords are ours to make, and each may do one thing.
        version: "1",
        url: `https://${database}:8086`,
        caFile,
        database: "focus",
        username,
        password: { file: `${at}secrets/influxdb-${username}` },
      },
    },
  };
};
