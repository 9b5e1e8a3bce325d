#!/usr/bin/env bash
# Coverage-guided fuzzing: each target for FUZZ_MINUTES (10), one after the other. What breaks one is left in
# artifacts/fuzz/<target>/ and, once it is fixed, committed to tests/fuzz/crashes/<target>/, where the unit tests replay it.
# FUZZ_TARGETS names other targets than all. Inputs that reached something new are left in artifacts/fuzz/<target>/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

minutes=${FUZZ_MINUTES:-10}
read -ra targets <<<"${FUZZ_TARGETS:-replies files structs}"
folder=artifacts/fuzz
mkdir -p "$folder"

clang++ -std=c++17 -O2 -g -Wall -Wextra -fsanitize=fuzzer tests/fuzz/driver.cc -o "$folder/driver"
rm -rf "${folder:?}/bin"
dotnet build tests/fuzz -c Release -o "$folder/bin" -v quiet
for assembly in ZkArrow.dll ZkArrow.ZooKeeper.dll; do
  dotnet sharpfuzz "$folder/bin/$assembly"
done

# a limit turns an allocation without bounds into an exception
export DOTNET_GCHeapHardLimit=0x30000000 DOTNET_TieredPGO=0 DOTNET_gcServer=0

seeds() {
  printf '%s\n' "tests/fuzz/corpus/$1" "tests/fuzz/crashes/$1"
  [[ $1 != files ]] || printf '%s\n' tests/data/arrow-golden tests/data/arrow-fuzz
}

failed=0
for target in "${targets[@]}"; do
  found=$folder/$target
  mkdir -p "$found/corpus" "tests/fuzz/corpus/$target" "tests/fuzz/crashes/$target"
  mapfile -t from < <(seeds "$target")
  fuzzed=(-- dotnet "$folder/bin/ZkArrow.Fuzz.dll" "$target")
  echo "> fuzzing $target for $minutes minutes"
  "$folder/driver" -max_total_time=$((minutes * 60)) -timeout=20 -max_len=16384 -print_final_stats=1 \
    "-artifact_prefix=$found/" "$found/corpus" "${from[@]}" "${fuzzed[@]}" >"$found/log" 2>&1 || failed=1
  grep -E 'stat::|Test unit written' "$found/log" || true
done
[[ $failed == 0 ]] || echo "fuzzing found inputs that break a target; see $folder/*/log" >&2
exit "$failed"
