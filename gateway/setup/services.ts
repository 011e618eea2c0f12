import type { Answers } from "./answers.ts";

/** The files by which broker, database and Grafana are set up in their containers; `docker/compose.yaml` mounts them. */

/** mosquitto.conf(5). One listener, TLS, nobody without a password, no more than is needed. */
export const brokerConfig = (): string => `# Written by \`focus-gateway setup\`.
per_listener_settings false
allow_anonymous false
password_file /mosquitto/config/passwords
acl_file /mosquitto/config/access

listener 8883
certfile /mosquitto/certificates/mosquitto.pem
keyfile /mosquitto/certificates/mosquitto-key.pem
tls_version tlsv1.2

persistence true
persistence_location /mosquitto/data/
# stdout would be held back until 4 kB have come together.
log_dest stderr
log_type error
log_type warning
log_type notice
max_packet_size 1200000
max_inflight_messages 100
max_queued_messages 100000
`;

/** Grafana's data source: a user who may read, over TLS that knows the school's authority. */
export const dataSource = (authority: string): string => `# Written by \`focus-gateway setup\`.
apiVersion: 1
datasources:
  - name: Focus
    uid: focus-influxdb
    orgId: 1
    type: influxdb
    access: proxy
    isDefault: false
    editable: false
    url: https://influxdb:8086
    user: grafana
    jsonData:
      version: InfluxQL
      dbName: focus
      httpMode: POST
      timeInterval: 10s
      tlsAuthWithCACert: true
    secureJsonData:
      password: $__file{/run/focus/influxdb-grafana}
      tlsCACert: |
${authority
  .trimEnd()
  .split("\n")
  .map((line) => `        ${line}`)
  .join("\n")}
`;

/** What `docker compose` reads in the folder: which files make up the whole, and what stands open in them. */
export const environment = ({
  folder,
  host,
  compose,
  camera,
  layout,
}: {
  readonly folder: string;
  readonly host: string;
  /** Folder of compose.yaml. */
  readonly compose: string;
  /** A USB camera's name on the host, for the gateway's container. */
  readonly camera?: string | undefined;
  readonly layout: Answers["layout"];
}): string =>
  [
    "# Written by `focus-gateway setup`.",
    `COMPOSE_FILE=${["compose.yaml", ...(camera ? ["camera.yaml"] : [])].map((file) => `${compose}/${file}`).join(":")}`,
    "COMPOSE_PROJECT_NAME=focus",
    `FOCUS_FOLDER=${folder}`,
    `FOCUS_HOST=${host}`,
    // A box has its own gateway. A school's gateways are elsewhere, and have to reach broker and database.
    layout === "box" ? "COMPOSE_PROFILES=gateway" : "FOCUS_BIND=0.0.0.0",
    ...(camera ? [`FOCUS_CAMERA=${camera}`] : []),
    // A container knows no zone of its own: the timetable's hours and a sign-off's days are those at the school.
    `TZ=${Intl.DateTimeFormat().resolvedOptions().timeZone}`,
    "",
  ].join("\n");
