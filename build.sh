#!/usr/bin/env bash
# Installs what the asked target needs, then hands over to build.cake. `./build.sh --help` lists the targets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  echo 'usage: ./build.sh [--target=TARGET] [more arguments of Cake]   (without a target: Default)'
  echo
  sed -nE 's/^(Suite\()?Step\("([^"]+)", "([^"]+)".*/  \2\t\3/p' build.cake | expand -t 22
}

stop() { echo "build.sh: $1" >&2; exit 3; }

# The Debian packages that a target and everything it depends on need.
packages_for() {
  local native='clang lld zlib1g-dev libsqlite3-dev' cpp='cmake g++ pkg-config' python='python3 python3-pytest'
  local drivers='gcc g++ libcjson-dev nlohmann-json3-dev' # of the contract suite
  case $1 in
    Build | Headers | Format | Check-Format | Clean) ;;
    Publish-Native | Pack) echo "$native" ;;
    Cpp) echo "$native $cpp" ;;
    Wheel) echo "$native python3" ;;
    Default) echo "$native $cpp python3" ;;
    Generate | Check-Generated) echo clang python3 ;;
    Peers) echo debootstrap ;;
    Test-Tools) echo "$python" ;;
    Test-Unit) echo "$native zookeeper python3-kazoo" ;;
    Test-ZooKeeper-*) echo zookeeper python3-kazoo debootstrap ;;
    Test-Abi) echo "$native gcc g++ python3 valgrind" ;;
    Test-Cpp) echo "$native $cpp doctest-dev zookeeper" ;;
    Test-Contract | Soak) echo "$native $cpp $drivers python3 zookeeper" ;;
    Test-Faults) echo "$native $cpp $drivers python3 zookeeper iproute2 nftables" ;;
    Faults) echo python3 zookeeper iproute2 nftables ;;
    Test-Contract-Local) echo "$native $cpp $drivers python3" ;;
    Test-Docs) echo "$native $cpp gcc python3 zookeeper" ;;
    Test-Outside) echo "$native $cpp $python python3-venv python3-pip gcc zookeeper" ;;
    Demo) echo "$native $cpp python3" ;;
    Demo-ZooKeeper) echo "$native $cpp python3 zookeeper" ;;
    Bench) echo "$native $cpp $python zookeeper libzookeeper-mt-dev python3-kazoo debootstrap" ;;
    Fuzz) echo clang libclang-rt-14-dev ;;
    Test-Python) echo "$native $python python3-venv mypy zookeeper" ;;
    # an unknown target is for Cake to refuse, and the rest need everything
    *) echo "$native $cpp $python $drivers doctest-dev valgrind zookeeper python3-kazoo debootstrap iproute2 nftables" ;;
  esac
}

install_missing() {
  local -a missing=()
  local package
  for package in $(packages_for "$1"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  [[ $EUID == 0 && -x /usr/bin/apt-get ]] ||
    stop "$1 needed Debian packages that are missing; run: sudo apt-get update && sudo apt-get install -y ${missing[*]}"
  echo "build.sh: installing ${missing[*]}"
  local log
  log=$(mktemp)
  # a source of somebody else's that does not answer must not stop us: the install decides
  if ! { apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    stop "apt could not install ${missing[*]}; its last lines are above"
  fi
  rm -f "$log"
}

target=Default
previous=
for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit ;;
    --target=*) target=${argument#--target=} ;;
    *) [[ $previous == --target ]] && target=$argument ;;
  esac
  previous=$argument
done

install_missing "$target"
# fails when the SDK that global.json asks for is not there, and says so itself
dotnet --version >/dev/null || stop 'needed the .NET SDK that global.json names; see https://dotnet.microsoft.com/download'

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# build nodes that outlive the build would hold a caller's pipes open
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
# no colours in a log file
[[ -t 1 ]] || export TERM=dumb
# Cake compiles its script once and keeps it here
export CAKE_SETTINGS_ENABLESCRIPTCACHE=true CAKE_PATHS_TOOLS=$PWD/artifacts/obj/cake
mkdir -p "$CAKE_PATHS_TOOLS"

restored=$(dotnet tool restore 2>&1) || { echo "$restored" >&2; stop 'could not restore the build tools; the reason is above'; }
exec dotnet cake build.cake "$@"
