#!/usr/bin/env bash
# Builds the demo's two readers and runs it on a coordinator: local, or zk. libzkarrow and the headers are in artifacts/ already.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=artifacts/demo
mkdir -p "$out"
g++ -std=c++17 -O2 -Wall -Wextra -Werror -Inative/include -Ibindings/cpp/include tests/demo/reader.cc \
  -Lartifacts/lib -l:libzkarrow.so.0 -o "$out/reader"
dotnet build tests/demo/ZkArrow.Demo -c Release -o "$out/dotnet" -v q -nologo >"$out/dotnet.log" 2>&1 || {
  cat "$out/dotnet.log" >&2
  exit 1
}
exec /usr/bin/python3 tests/demo/demo.py "${1:-local}" "$out/reader" "$out/dotnet/ZkArrow.Demo"
