#!/bin/bash
# Puts the focus gateway on a Debian, Ubuntu or JetPack machine, as a service of its own user; takes it to another version,
# back again when that one does not work, and off the machine.
set -euo pipefail

usage() {
  cat <<'TEXT'
install.sh --from focus-gateway-VERSION.tgz [--config FOLDER] [--key release-key.pem]
install.sh --rollback
install.sh --uninstall [--purge]

  --from TARBALL      install this release, or go to it. TARBALL.sha256 must lie beside it, or, once a key is known,
                      TARBALL.sig
  --config FOLDER     what `focus-gateway setup --layout room` or `school` has filled for this room; goes to
                      /etc/focus-gateway
  --key PEM           whose releases are taken from now on (Ed25519, public)
  --wait SECONDS      how long a release may take to come up before it is taken back (600)
  --allow-downgrade   also to an older version
  --now               also during a lesson
  --rollback          back to the last version and config that worked
  --uninstall         takes program and service away; config and data stay
  --purge             with --uninstall: config, data and the user too
  --root FOLDER       as if FOLDER were /, for an image; starts nothing
TEXT
}

say() { printf '%s\n' "$*"; }
die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

from='' config='' key='' root='' action=install
wait_seconds=600 allow_downgrade='' now='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --from | --config | --key | --wait | --root)
      [ $# -gt 1 ] || die "$1 needs a value"
      case $1 in
        --from) from=$2 ;;
        --config) config=$2 ;;
        --key) key=$2 ;;
        --wait) wait_seconds=$2 ;;
        --root) root=${2%/} ;;
      esac
      shift
      ;;
    --allow-downgrade) allow_downgrade=yes ;;
    --now) now=yes ;;
    --rollback) action=rollback ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
opt=$root/opt/focus-gateway
etc=$root/etc/focus-gateway
unit=$root/etc/systemd/system/focus-gateway.service
command=$root/usr/local/bin/focus-gateway
state=$root/var/lib/focus-gateway
user=focus-gateway

# Where systemd does not run (an image, a container being built), files are laid and nothing is started.
managed() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
version_of() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1] + "/package.json")).version' "$1"; }
current() { if [ -L "$opt/current" ]; then readlink "$opt/current"; fi; }
gateway() { node "$opt/current/bin/focus-gateway.js" "$@"; }
# asks FIELD of the gateway that runs: alive, ready or lesson, as true or false
ask() {
  { gateway health --json --config "$etc/gateway.yaml" 2>/dev/null || true; } |
    node -p 'try { JSON.parse(require("fs").readFileSync(0))[process.argv[1]] } catch { false }' "$1"
}

check_machine() {
  [ "$(id -u)" = 0 ] || die "run it as root (sudo)"
  command -v node >/dev/null || die "Node.js is needed, 20.19 or later; docs/it.md says where from"
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    die "Node.js $(node -v) is too old: 20.19 or later is needed, 24 recommended"
  command -v npm >/dev/null || die "npm is needed beside Node.js"
  command -v ffmpeg >/dev/null || say "note: without ffmpeg no USB or network camera works (apt install ffmpeg)"
}

make_user() {
  [ -z "$root" ] || return 0
  getent passwd "$user" >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/focus-gateway --no-create-home --shell /usr/sbin/nologin "$user"
  for group in video audio input dialout gpio; do
    if getent group "$group" >/dev/null; then usermod --append --groups "$group" "$user"; fi
  done
}

# What the service reads belongs to root, and to the service's group for reading.
own_config() {
  [ -z "$root" ] || return 0
  chown -R root:"$user" "$etc"
  find "$etc" -type d -exec chmod 0750 {} +
  find "$etc" -type f -exec chmod 0640 {} +
}

lay_config() {
  install -d -m 0750 "$etc"
  if [ -n "$config" ]; then
    [ -f "$config/gateway.yaml" ] || die "there is no gateway.yaml in $config"
    cp -R "$config/." "$etc/"
    # The authority's key signs for every machine of the school, the config has the teacher's password as a hash, and what
    # setup was told is for setup: none of them has any business here.
    rm -f "$etc/certificates/authority-key.pem" "$etc/secrets/live-page-password" "$etc/answers.yaml"
    # Paths in a config are relative to it; data is not kept beside it.
    sed -i 's|^dataFolder: data$|dataFolder: /var/lib/focus-gateway|' "$etc/gateway.yaml"
  fi
  own_config
}

lay_unit() {
  install -d "$(dirname "$unit")" "$(dirname "$command")"
  sed "s|@NODE@|$(command -v node)|" "$opt/current/packaging/focus-gateway.service" >"$unit"
  if [ -f /etc/nv_tegra_release ]; then
    install -D -m 0644 "$opt/current/packaging/jetson.conf" "$unit.d/jetson.conf"
  fi
  cat >"$command" <<'TEXT'
#!/bin/sh
# As the service's user, so that what it writes can be read by the service.
program=/opt/focus-gateway/current/bin/focus-gateway.js
export FOCUS_GATEWAY_DATA=/var/lib/focus-gateway
if [ "$(id -u)" = 0 ] && [ "${1:-}" != setup ]; then exec setpriv --reuid focus-gateway --regid focus-gateway --init-groups node "$program" "$@"; fi
exec node "$program" "$@"
TEXT
  chmod 0755 "$command"
}

# Points `current` at a release, whole or not at all.
switch_to() {
  ln -sfn "$1" "$opt/current.new"
  mv -T "$opt/current.new" "$opt/current"
}

start() { managed && systemctl daemon-reload && systemctl enable --quiet focus-gateway && systemctl restart --no-block focus-gateway; }

# comes_up alive|ready   within the time there is; it does not when systemd has given it up, or has started it six times
comes_up() {
  local end=$((SECONDS + wait_seconds)) left restarts
  while left=$((end - SECONDS)) && [ "$left" -gt 0 ]; do
    gateway health --config "$etc/gateway.yaml" --wait "$((left < 20 ? left : 20))" --until "$1" && return 0
    restarts=$(systemctl show --property NRestarts --value focus-gateway)
    if [ "${restarts:-0}" -gt 5 ] || systemctl --quiet is-failed focus-gateway; then return 1; fi
  done
  return 1
}

# What works now is what a later try falls back to.
remember() {
  rm -rf "$opt/good.new"
  install -d -m 0700 "$opt/good.new"
  readlink "$opt/current" >"$opt/good.new/release"
  cp -R "$etc" "$opt/good.new/config"
  rm -rf "$opt/good"
  mv "$opt/good.new" "$opt/good"
}

go_back() {
  [ -f "$opt/good/release" ] || die "there is nothing that worked before"
  [ -d "$opt/$(cat "$opt/good/release")" ] || die "$(cat "$opt/good/release") is no longer there"
  switch_to "$(cat "$opt/good/release")"
  # A power cut leaves one of the two, and not half of one.
  rm -rf "$etc.back" "$etc.old"
  cp -R "$opt/good/config" "$etc.back"
  mv "$etc" "$etc.old"
  mv "$etc.back" "$etc"
  rm -rf "$etc.old"
  own_config
  lay_unit
  if managed; then start; fi
  say "back to $(version_of "$opt/current"), with the config that worked with it"
}

install_release() {
  [ -n "$from" ] || { usage >&2; exit 2; }
  [ -f "$from" ] || die "there is no $from"
  install -d "$opt/releases"
  if [ -n "$key" ]; then install -m 0644 "$key" "$opt/release-key.pem"; fi
  if [ -f "$opt/release-key.pem" ]; then
    hash=$(node "$here/verify.js" "$from" "$opt/release-key.pem") || die "$from is not a release of whom $opt/release-key.pem stands for"
  else
    hash=$(node "$here/verify.js" "$from") || die "$from is damaged, or not what its .sha256 was made of"
  fi

  unpacked=$(mktemp -d "$opt/releases/.new.XXXXXX")
  trap 'rm -rf "$unpacked"' EXIT
  tar -xzf "$from" -C "$unpacked" --strip-components=1 --no-same-owner
  new=$(version_of "$unpacked")
  [[ $new =~ ^[0-9A-Za-z.+-]+$ ]] || die "its version is $new"
  old=$(current)
  if [ -n "$old" ] && [ -z "$allow_downgrade" ]; then
    [ "$(printf '%s\n%s\n' "$new" "${old#releases/}" | sort -V | tail -1)" = "$new" ] ||
      die "$new is older than ${old#releases/}, and older versions have known faults (--allow-downgrade)"
  fi

  was_ready=false
  if managed && systemctl --quiet is-active focus-gateway; then
    was_ready=$(ask ready)
    if [ -z "$now" ] && [ "$(ask lesson)" = true ]; then die "a lesson is on: try again afterwards (--now does it all the same)"; fi
    # Whatever works now is worth going back to, however it came about.
    if [ "$was_ready" = true ]; then remember; fi
  fi

  if [ "$(cat "$opt/releases/$new/.hash" 2>/dev/null)" != "$hash" ]; then
    say "fetching what $new needs, each by the hash in its lock file"
    (cd "$unpacked" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
    sh "$unpacked/docker/slim.sh" "$unpacked/node_modules"
    echo "$hash" >"$unpacked/.hash"
    chmod -R go-w,a+rX "$unpacked"
    rm -rf "$opt/releases/$new"
    mv "$unpacked" "$opt/releases/$new"
  fi

  # Before anything is changed: what is there now must still come up after a power cut.
  local wanted_config=${config:-$etc}/gateway.yaml
  if [ -f "$wanted_config" ]; then
    node "$opt/releases/$new/bin/focus-gateway.js" config check "$wanted_config" >/dev/null ||
      die "$new cannot use $wanted_config; ${old:-nothing} stays in use"
  fi
  make_user
  install -d -m 0700 "$state"
  if [ -z "$root" ]; then chown "$user:$user" "$state"; fi
  lay_config
  switch_to "releases/$new"
  lay_unit

  if ! [ -f "$etc/gateway.yaml" ]; then
    say "$new is installed. Next: focus-gateway setup, then install.sh --from $from --config FOLDER"
    return
  fi
  if ! managed; then
    say "$new is installed; nothing was started, as systemd does not run here"
    return
  fi
  start
  wanted=alive
  if [ "$was_ready" = true ]; then wanted=ready; fi
  say "waiting for it to be $wanted, $wait_seconds seconds at most"
  if comes_up "$wanted"; then
    remember
    forget_old
    say "$new runs"
  elif [ -f "$opt/good/release" ]; then
    say "$new did not come up:"
    journalctl --unit focus-gateway --lines 20 --no-pager || true
    go_back
    exit 1
  else
    die "$new did not come up: journalctl -u focus-gateway says why"
  fi
}

# The current release, the last good one, and the newest besides them.
forget_old() {
  local release kept=0
  while read -r release; do
    if [ "releases/$release" = "$(current)" ] || [ "releases/$release" = "$(cat "$opt/good/release")" ]; then continue; fi
    kept=$((kept + 1))
    if [ "$kept" -gt 1 ]; then rm -rf "${opt:?}/releases/$release"; fi
  done < <(find "$opt/releases" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f\n' | sort -rV)
}

uninstall() {
  if managed; then systemctl disable --now --quiet focus-gateway || true; fi
  rm -rf "$opt" "$unit" "$unit.d" "$command"
  if managed; then systemctl daemon-reload; fi
  if [ -n "$purge" ]; then
    rm -rf "$etc" "$state"
    if [ -z "$root" ] && getent passwd "$user" >/dev/null; then userdel "$user"; fi
    say "everything is gone"
  else
    say "the program is gone; config in $etc and data in $state are left (--purge)"
  fi
}

check_machine
case $action in
  install) install_release ;;
  rollback) go_back ;;
  uninstall) uninstall ;;
esac
