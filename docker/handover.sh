#!/bin/sh
# Copies out of the folder that `focus-gateway setup` has filled what each service needs, for that service alone.
#   handover.sh FROM TO     FROM: the folder; TO: holds a folder (a volume) for each service
# Run again it brings what has changed. Uids are those of the images: Mosquitto 1883, InfluxDB and the gateway 1000,
# Grafana 472.
set -eu
from=$1
to=$2
umask 077

# give OWNER TARGET SOURCE…   into the folder TARGET, readable by that owner only
give() {
  owner=$1 target=$to/$2
  shift 2
  mkdir -p "$target"
  for source in "$@"; do
    name=${source##*/}
    cp "$from/$source" "$target/.$name.new"
    chown "$owner" "$target/.$name.new"
    chmod 0400 "$target/.$name.new"
    mv "$target/.$name.new" "$target/$name"
  done
  chown "$owner" "$target"
  chmod 0500 "$target"
}

give 1883:1883 mosquitto/config mosquitto/mosquitto.conf mosquitto/access mosquitto/passwords
give 1883:1883 mosquitto/certificates certificates/mosquitto.pem certificates/mosquitto-key.pem
# What is mounted inside a volume that is only read needs a folder to be mounted on.
mkdir -p "$to/mosquitto/data" "$to/mosquitto/log"
chown 1883:1883 "$to/mosquitto"
chmod 0500 "$to/mosquitto"

rm -f "$to"/influxdb/influxdb-gateway-* # those of rooms that are no more
for secret in "$from"/secrets/influxdb-gateway-*; do
  give 1000:1000 influxdb "secrets/${secret##*/}"
done
give 1000:1000 influxdb certificates/authority.pem certificates/influxdb.pem certificates/influxdb-key.pem \
  influxdb/writers influxdb/minutes.flux influxdb/days.flux \
  secrets/influxdb-admin-password secrets/influxdb-admin-token secrets/influxdb-grafana

give 472:0 grafana certificates/authority.pem certificates/grafana.pem certificates/grafana-key.pem \
  secrets/grafana-admin-password secrets/grafana-secret-key secrets/influxdb-grafana grafana/datasources/focus.yaml

# A school's server has no gateway of its own.
if [ -f "$from/gateway.yaml" ]; then
  give 1000:1000 gateway gateway.yaml
  give 1000:1000 gateway/certificates certificates/authority.pem certificates/gateway.pem certificates/gateway-key.pem
  for secret in "$from"/secrets/mqtt-gateway-* "$from"/secrets/mqtt-flows-* "$from"/secrets/influxdb-gateway-*; do
    give 1000:1000 gateway/secrets "secrets/${secret##*/}"
  done
fi
