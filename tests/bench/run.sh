#!/usr/bin/env bash
# Builds what the benchmarks need and runs them: `tests/bench/run.sh --help` tells the rest.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$here/../.."

for argument in "$@"; do
  if [[ $argument == -h || $argument == --help ]]; then
    exec /usr/bin/python3 "$here/bench.py" --help
  fi
done

lib=artifacts/lib bin=artifacts/obj/bench
# an old library would be measured without anybody noticing
if [[ ! -e $lib/libzkarrow.so ]] ||
  [[ -n $(find src native/include \( -name obj -o -name bin \) -prune -o -type f -newer "$(readlink -f "$lib/libzkarrow.so")" -print -quit) ]]; then
  ./build.sh --target=Publish-Native
fi
# libzkarrow is an argument of one program and linked to the other; both are small enough to be built every time
mkdir -p "$bin"
for program in exchange first_call publish_large; do
  cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I native/include "$here/programs/$program.c" -o "$bin/$program" \
    -L "$lib" -l:libzkarrow.so.0 -Wl,-rpath,"$PWD/$lib" -ldl
done
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -DTHREADED "$here/programs/zookeeper.c" -o "$bin/zookeeper" -lzookeeper_mt
g++ -std=c++17 -O2 -Wall -Wextra -Werror -I native/include "$here/programs/hand_over.cc" -o "$bin/hand_over" \
  -L "$lib" -l:libzkarrow.so.0 -Wl,-rpath,"$PWD/$lib"
dotnet build "$here/ZkArrow.Bench" -c Release -v quiet -nologo
for program in hand_over_iceoryx publish_iceoryx; do
  # shellcheck disable=SC2016  # the shell inside the root expands these
  tests/peers/peers.sh run bash -c 'g++ -std=c++17 -O2 -Wall -Wextra -Werror -isystem /usr/include/iceoryx/v* "$0.cc" -o "$1" \
    -liceoryx_posh_roudi -liceoryx_posh -liceoryx_hoofs -liceoryx_platform' "tests/bench/programs/$program" "$bin/$program"
done
exec env ZKARROW_LIBRARY="$PWD/$lib/libzkarrow.so" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/bench.py" "$@"
