#!/bin/bash
# Runs once, when the image has made the database (/docker-entrypoint-initdb.d). The image has set where the temporary
# server answers (INFLUX_HOST: plain HTTP on a port of the container's own, before TLS is up) and logged its `influx` in.
# Makes: the database `focus` for InfluxQL; a user for Grafana that reads; a token for the gateways that reads and writes
# buckets and may set up roll-ups (`focus-gateway doctor --fix`).
set -euo pipefail
bucket=$DOCKER_INFLUXDB_INIT_BUCKET_ID
tokens=${FOCUS_TOKENS:-/tokens}
secrets=${FOCUS_SECRETS:-/run/focus}

influx v1 dbrp create --db focus --rp autogen --bucket-id "$bucket" --default

influx v1 auth create --username grafana --password "$(cat "$secrets/influxdb-grafana")" --read-bucket "$bucket" \
  --org "$DOCKER_INFLUXDB_INIT_ORG" --description "Grafana: reads" >/dev/null

umask 077
influx auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "gateways" --json \
  --read-buckets --write-buckets --read-tasks --write-tasks --read-dbrps --write-dbrps --read-orgs |
  sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' >"$tokens/gateway.new"
test -s "$tokens/gateway.new"
mv "$tokens/gateway.new" "$tokens/gateway"
