#!/usr/bin/env bash
# Builds the C++ programs of this folder with the root's compiler and runs the tests inside the root.
# A program names the pkg-config packages it needs in a line of its own: `// needs: arrow arrow-flight`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

if [[ ${1:-} != inside ]]; then
  rm -rf "$here/../../artifacts/test-results/peers"
  exec "$here/peers.sh" run "$here/run.sh" inside
fi

cd "$here/../.."
export ZKARROW_LIBRARY=${ZKARROW_LIBRARY:-$PWD/artifacts/lib/libzkarrow.so}
export ZKARROW_PEERS_BIN=$PWD/artifacts/obj/peers
mkdir -p "$ZKARROW_PEERS_BIN" artifacts/test-results/peers

compile() {
  local source=$1 program
  local -a needs flags
  program=$ZKARROW_PEERS_BIN/$(basename "$source" .cc)
  read -ra needs < <(sed -n 's|^// needs: ||p' "$source") || true
  read -ra flags < <(pkg-config --cflags --libs "${needs[@]}")
  echo "peers: compiling $(basename "$source")"
  g++ -std=c++20 -O1 -Wall -Wextra -Werror -I native/include -I bindings/cpp/include "$source" -o "$program" \
    -Wl,--as-needed "${flags[@]}" -L artifacts/lib -l:libzkarrow.so.0 -Wl,-rpath,"$PWD/artifacts/lib"
}

for source in "$here"/*.cc; do
  compile "$source"
done
python3 -m pytest -q -p no:cacheprovider --junitxml=artifacts/test-results/peers/pytest.xml tests/peers
# what depends on the interpreter is tried with this newer one, too
exec python3 -m pytest -q -p no:cacheprovider --junitxml=artifacts/test-results/peers/python.xml \
  bindings/python/tests/test_{aio,calls,columns,device,process,streams,waiting}.py
