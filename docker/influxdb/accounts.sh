#!/bin/bash
# Makes of the database what `focus-gateway setup` says, each time that `docker compose up` runs it: buckets, roll-ups, an
# account for Grafana that reads, and one for each room's gateway that writes. Accounts of rooms that are no more are
# taken away; whatever else is there stays. Passwords are set each time, as they may be new ones.
set -euo pipefail
files=${FOCUS_FILES:-/run/focus}
# How `influx` is told where, as whom and of which organisation. It is a Go program: those read authorities from SSL_CERT_FILE.
INFLUX_TOKEN=$(cat "$files/influxdb-admin-token")
export INFLUX_TOKEN INFLUX_ORG=school INFLUX_HOST=${INFLUX_HOST:-https://influxdb:8086} SSL_CERT_FILE=$files/authority.pem

# As long as gateway/record/keep.ts says; 0 is for good.
keep='focus 400d
focus_minutes 1200d
focus_lessons 0
focus_days 0'
buckets=$(influx bucket list --hide-headers)
id() { awk -v name="$1" '$2 == name { print $1 }' <<<"$buckets"; }
while read -r bucket days; do
  [ -n "$(id "$bucket")" ] || influx bucket create --name "$bucket" --retention "$days" >/dev/null
done <<<"$keep"
buckets=$(influx bucket list --hide-headers)

# place POLICY BUCKET [--default]   where InfluxQL finds what is in that bucket: "focus"."POLICY"
place() {
  local said
  said=$(influx v1 dbrp create --db focus --rp "$1" --bucket-id "$(id "$2")" "${@:3}" 2>&1) ||
    case $said in
      *exists*) ;; # from the last time
      *) echo "$said" >&2 && return 1 ;;
    esac
}
place autogen focus --default
place minutes focus_minutes
place lessons focus_lessons
place days focus_days

tasks=$(influx task list --hide-headers)
for roll_up in minutes days; do
  grep -q "focus-gateway $roll_up" <<<"$tasks" || influx task create --file "$files/$roll_up.flux" >/dev/null
done

# account NAME RIGHTS…   each account's description is its name, so that the list below has it whatever its columns
account() {
  local name=$1 password
  password=$(cat "$files/influxdb-$1")
  shift
  if grep -qx "$name" <<<"$there"; then
    influx v1 auth set-password --username "$name" --password "$password"
  else
    influx v1 auth create --username "$name" --password "$password" --description "$name" "$@"
  fi >/dev/null
}

listed=$(influx v1 auth list --hide-headers)
there=$(tr -s '[:space:]' '\n' <<<"$listed" | grep -xE 'grafana|gateway-[a-z0-9-]+' | sort -u || true)
readable=()
for name in focus focus_minutes focus_lessons focus_days; do readable+=(--read-bucket "$(id "$name")"); done
account grafana "${readable[@]}"
writable=(--write-bucket "$(id focus)" --write-bucket "$(id focus_lessons)")
while read -r writer; do account "$writer" "${writable[@]}"; done <"$files/writers"
for name in $there; do
  if [ "$name" != grafana ] && ! grep -qx "$name" "$files/writers"; then
    influx v1 auth delete --username "$name" >/dev/null
  fi
done
