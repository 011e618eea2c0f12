#!/bin/bash
# A machine of its own for packaging/install.sh: mounts that nobody else sees over /etc, /opt, /run, /usr/local and /var/lib,
# and a `systemctl` that starts and stops one process, because systemd itself cannot be had here.
#   unshare --mount machine.sh WORK SCRIPT      WORK: an empty folder; SCRIPT: what to do on the machine
set -euo pipefail
work=$1 script=$2
mount -t tmpfs tmpfs "$work"
lay() {
  mkdir -p "$work/$1/upper" "$work/$1/work"
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$work/$1/upper,workdir=$work/$1/work" "$2"
}
lay etc /etc
lay opt /opt
lay lib /var/lib
lay local /usr/local
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system

cat >/usr/local/sbin/systemctl <<'TEXT'
#!/bin/bash
echo "systemctl $*" >>/run/asked
up() { [ -f /run/gateway.pid ] && kill -0 "$(cat /run/gateway.pid)" 2>/dev/null; }
down() { if up; then kill "$(cat /run/gateway.pid)"; while up; do sleep 0.05; done; fi; }
case "$*" in
  *is-active*) up ;;
  *is-failed*) false ;;
  *disable*) down ;;
  *restart*)
    down
    start=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/focus-gateway.service)
    $start </dev/null >>/run/log 2>&1 &
    echo $! >/run/gateway.pid
    ;;
esac
TEXT
printf '#!/bin/bash\ntail -5 /run/log\n' >/usr/local/sbin/journalctl
chmod +x /usr/local/sbin/systemctl /usr/local/sbin/journalctl
trap 'systemctl disable' EXIT
export PATH=/usr/local/sbin:$PATH
# shellcheck disable=SC1090
source "$script"
