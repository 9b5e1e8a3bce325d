#!/usr/bin/env bash
# The peers' root: a small Debian holding Arrow implementations newer than the machine's, so that
# the tests meet software that we did not write. It is cached outside the checkout, is built once
# per package list, and is entered through a private mount namespace: nothing stays mounted.
set -euo pipefail

suite=forky
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$here/../.." && pwd -P)
root_dotnet=/opt/dotnet
cache=${ZKARROW_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/zkarrow/peers}
packages=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt" | sort)
# the way the root is built belongs to its identity as much as what is in it
recipe=1
command_line=$*
root=$cache/$suite-$(printf '%s\n' "$recipe" "$packages" | sha256sum | cut -c1-12)

say() { echo "peers: $*" >&2; }
fail() { say "$1"; exit "${2:-1}"; }

usage() {
  cat <<EOF
usage: tests/peers/peers.sh COMMAND
  ensure      build the root unless it is there (root only; minutes the first time)
  run CMD…    run CMD inside it; the checkout, /dev, /tmp and the network are the machine's own
  path        print where the root is
The cache is \$ZKARROW_PEERS, or zkarrow/peers in the user's cache folder.
EOF
}

need_root() {
  [[ $EUID == 0 ]] || fail "needed to be root to build and enter a root; run: sudo -E $here/peers.sh $command_line" 3
}

# The mirror of the machine's own release, taken from its apt sources.
mirror() {
  local codename uri
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # apt expands these names, not the shell
  uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$codename" '$1 == release && $2 == "main" && !uri { uri = $3 } END { print uri }')
  [[ -n $uri ]] || fail "found no Debian mirror for '$codename' in the apt sources; add one"
  echo "${uri%/}"
}

# Runs in its own mount and pid namespace, so that killing it ends apt and unmounts everything.
build_in() {
  local dir=$1 uri=$2 started=$SECONDS
  local -a list
  mapfile -t list <<<"$packages"
  mkdir -p "$dir"
  say "bootstrapping Debian $suite from $uri"
  # debootstrap of an older release does not know the suite's name; its recipe is that of sid
  debootstrap --variant=minbase "$suite" "$dir" "$uri" /usr/share/debootstrap/scripts/sid >"$dir.log" 2>&1 ||
    { tail -n 20 "$dir.log" >&2; fail "debootstrap failed; its last lines are above"; }

  mountpoint -q "$dir/proc" || mount -t proc proc "$dir/proc"
  cp /etc/resolv.conf /etc/hosts "$dir/etc/"
  printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
  chmod 755 "$dir/usr/sbin/policy-rc.d"
  # mirrors may lag behind the date a testing release is valid until
  cat >"$dir/etc/apt/apt.conf.d/peers" <<'EOF'
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "60";
APT::Install-Recommends "false";
EOF
  cat >"$dir/etc/dpkg/dpkg.cfg.d/peers" <<'EOF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
EOF
  say "installing ${#list[@]} packages and what they need"
  chroot "$dir" /usr/bin/env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    sh -c 'apt-get -q update && apt-get -qy install "$@" && apt-get clean && rm -rf /var/lib/apt/lists/*' sh "${list[@]}" \
    >"$dir.log" 2>&1 </dev/null || { tail -n 20 "$dir.log" >&2; fail "apt failed; its last lines are above"; }
  say "built in $((SECONDS - started)) s, $(du -sxh "$dir" | cut -f1)"
}

# The build is killed with its whole pid namespace: unshare itself puts off a SIGTERM.
abandon() {
  if [[ -n ${builder:-} ]]; then
    kill -KILL "$builder" 2>/dev/null || true
    wait "$builder" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$temp" "$temp.log"
}

ensure() {
  [[ -d $root ]] && return
  need_root
  command -v debootstrap >/dev/null || fail "needed debootstrap; run: apt-get install -y debootstrap" 3
  mkdir -p "$cache"
  exec 8>"$cache/lock"
  if ! flock -n 8; then
    say "waiting for another build of the root"
    flock -w 1500 8 || fail "waited 25 minutes for another build of the root; see who holds $cache/lock"
  fi
  [[ -d $root ]] && { exec 8>&-; return; }
  # whoever held the lock before us and left one of these was killed
  rm -rf --one-file-system "$cache"/building.*

  local uri
  uri=$(mirror)
  temp=$cache/building.$$
  # a trap runs only between foreground commands: the build runs behind a wait
  trap abandon EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$here/peers.sh" build-in "$temp" "$uri" </dev/null &
  builder=$!
  wait "$builder" || exit
  trap - EXIT INT TERM HUP
  mv -T "$temp" "$root"
  rm -f "$temp.log"
  remove_unused
  exec 8>&-
  say "ready at $root"
}

# Roots of other package lists, unless somebody is inside.
remove_unused() {
  local other
  for other in "$cache/$suite"-*; do
    [[ -d $other && $other != "$root" ]] || continue
    (
      flock -n 7 || exit 0
      say "removing $other"
      rm -rf --one-file-system "$other"
    ) 7>"$other.lock"
  done
}

run() {
  need_root
  ensure
  exec 9>"$root.lock"
  flock -s -w 60 9 || fail "waited 60 s to enter $root, which is being removed; run it again"
  [[ -d $root ]] || fail "lost $root while entering it; run it again"
  exec unshare --mount --propagation private "$here/peers.sh" enter "$@"
}

# Runs in a private mount namespace. The root is read-only, so no test changes what the next one meets.
enter() {
  local dir=$PWD name dotnet
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  local -a environment=(PATH="$root_dotnet":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    HOME=/tmp LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1)
  for name in $(compgen -e | grep -E '^(ZKARROW_.*|PYTHONPATH|CI|TERM)$' || true); do
    environment+=("$name=${!name}")
  done
  mount --bind "$root" "$root"
  mkdir -p "$root$checkout" "$root$root_dotnet"
  mount --bind "$dotnet" "$root$root_dotnet" # what .NET reads is compared in there too
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --rbind /tmp "$root/tmp"
  mount -t tmpfs tmpfs "$root/run"
  [[ $checkout == /tmp/* ]] || mount --rbind "$checkout" "$root$checkout"
  for name in /etc/resolv.conf /etc/hosts; do mount --bind "$name" "$root$name"; done
  mount -o remount,bind,ro "$root"
  [[ $dir/ == "$checkout"/* ]] || dir=$checkout
  exec chroot "$root" /usr/bin/env -i -C "$dir" "${environment[@]}" "$@"
}

case ${1:-} in
  ensure) ensure ;;
  path) echo "$root" ;;
  run) shift; [[ $# -gt 0 ]] || { usage >&2; exit 2; }; run "$@" ;;
  build-in) shift; build_in "$@" ;;
  enter) shift; enter "$@" ;;
  -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
