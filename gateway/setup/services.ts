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
log_dest stdout
log_type error
log_type warning
log_type notice
max_packet_size 1200000
max_inflight_messages 100
max_queued_messages 100000
`;

/**
 * Runs once, when the database is made (docker-library/docs, influxdb: /docker-entrypoint-initdb.d). Maps the database
 * \`focus\` to the bucket, for InfluxQL; makes a token for the gateways that reads and writes that bucket and the roll-ups
 * beside it, and a user for Grafana that reads.
 */
export const databaseScript = (): string => `#!/bin/bash
# Written by \`focus-gateway setup\`.
set -euo pipefail
export INFLUX_HOST=https://localhost:8086 INFLUX_SKIP_VERIFY=true

influx v1 dbrp create --db focus --rp autogen --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --default
influx v1 auth create --username grafana --password "$(cat /run/secrets/influxdb-grafana)" \\
  --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --description "Grafana: reads"

# Buckets, tasks and the database mapping are what \`focus-gateway doctor --fix\` sets up roll-ups with.
umask 077
influx auth create --org school --description "gateways" --json \\
  --read-buckets --write-buckets --read-tasks --write-tasks --read-dbrps --write-dbrps --read-orgs |
  sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p' >/tokens/gateway.new
test -s /tokens/gateway.new
mv /tokens/gateway.new /tokens/gateway
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
      password: $FOCUS_INFLUX_PASSWORD
      tlsCACert: |
${authority
  .trimEnd()
  .split("\n")
  .map((line) => `        ${line}`)
  .join("\n")}
`;

/** What compose puts into its file. */
export const environment = ({
  reader,
  host,
  folder,
}: {
  reader: string;
  host: string;
  folder: string;
}): string =>
  `# Written by \`focus-gateway setup\`. Secret: only its owner may read it.
FOCUS_FOLDER=${folder}
FOCUS_HOST=${host}
FOCUS_INFLUX_PASSWORD=${reader}
`;
