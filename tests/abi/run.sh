#!/usr/bin/env bash
# The C header and the exports of libzkarrow.so; JUnit XML goes to artifacts/test-results/abi/.
#   run.sh [LIB_DIR]     LIB_DIR holds libzkarrow.so and its soname links; artifacts/lib when not given
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
lib=$(cd "${1:-$root/artifacts/lib}" && pwd) || exit 2
results=$root/artifacts/test-results/abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$results"
# the system's own: it has pytest from the distribution
python=/usr/bin/python3
strict=(-Wall -Wextra -pedantic -Werror)
include=(-I "$root/native/include")
version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' "$root/Directory.Build.props")
passed=0 failed=0

xml_text() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' | tr -cd '\11\12\15\40-\176'; }

# check NAME COMMAND...: a test case that passes when the command exits with 0
check() {
  local name=$1 began=$EPOCHREALTIME text code
  shift
  text=$("$@" 2>&1)
  code=$?
  {
    printf '  <testcase classname="abi" name="%s" time="%s">' "$(xml_text <<<"$name")" \
      "$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }')"
    if ((code != 0)); then
      printf '<failure message="exit code %d">%s</failure>' "$code" "$(xml_text <<<"$text")"
    fi
    printf '</testcase>\n'
  } >>"$work/cases"
  if ((code == 0)); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s (exit code %d)\n%s\n' "$name" "$code" "$text"
  fi
}

# --- the headers, alone and in company -------------------------------------------------------------

header_alone() { printf '#include <%s>\n' "$4" | "$1" -x "$2" "-std=$3" "${strict[@]}" "${@:5}" -fsyntax-only -; }

# the structs as every Arrow library carries them, under the guards the format prescribes
arrow_structs=$work/other_arrow.h
sed -n '/^#ifndef ARROW_C_DATA_INTERFACE/,/^#endif .*ARROW_C_STREAM_INTERFACE/p' \
  "$root/native/include/zkarrow/arrow_c_data.h" >"$arrow_structs"

beside_other_structs() {
  local text='#include <stdint.h>\n'
  case $4 in
    before) text+='#include "other_arrow.h"\n#include <zkarrow/zkarrow.h>\n' ;;
    after) text+='#include <zkarrow/zkarrow.h>\n#include "other_arrow.h"\n' ;;
  esac
  text+='struct ArrowArray a; struct ArrowSchema s; struct ArrowArrayStream t;\n'
  # shellcheck disable=SC2059
  printf "$text" | "$1" -x "$2" "-std=$3" "${strict[@]}" "${include[@]}" -I "$work" -fsyntax-only -
}

check "the other copy of the Arrow structs is one" grep -q 'struct ArrowArrayStream {' "$arrow_structs"
for compiler in gcc clang; do
  for standard in c99 c11 c17 c++17 c++20 c++2b; do
    language=c
    [[ $standard == c++* ]] && language=c++
    check "zkarrow.h alone: $compiler $standard" \
      header_alone "$compiler" "$language" "$standard" zkarrow/zkarrow.h "${include[@]}"
    for order in before after; do
      check "other Arrow structs $order zkarrow.h: $compiler $standard" \
        beside_other_structs "$compiler" "$language" "$standard" "$order"
    done
  done
done
for header in "$root"/bindings/cpp/include/zkarrow/*.hpp; do
  header=zkarrow/${header##*/}
  for standard in c++17 c++20; do
    check "$header alone: clang $standard" header_alone clang++ c++ "$standard" "$header" "${include[@]}" \
      -I "$root/bindings/cpp/include"
  done
  for standard in c++17 c++20 c++23; do
    check "$header alone: gcc $standard" header_alone g++ c++ "$standard" "$header" "${include[@]}" \
      -I "$root/bindings/cpp/include"
  done
done

# --- the library -----------------------------------------------------------------------------------

symbols() {
  "$python" "$root/native/abi/abi.py" functions | sort >"$work/declared" || return
  [[ -s $work/declared ]] || return
  nm -D --defined-only "$lib/libzkarrow.so" | awk '{ sub(/@.*/, "", $3); print $3 }' |
    grep -vx -e DotNetRuntimeDebugHeader -e V1.0 | sort >"$work/exported"
  diff "$work/declared" "$work/exported"
}
soname() { readelf -d "$lib/libzkarrow.so" | grep -F 'Library soname: [libzkarrow.so.0]'; }
nodelete() { readelf -d "$lib/libzkarrow.so" | grep -w NODELETE; }
build_id() { readelf -n "$lib/libzkarrow.so" | grep 'Build ID'; }
# the symbols beside the library are those of this build, and the library names their file
debug_file() {
  [[ $(readelf -n "$lib/libzkarrow.so" | grep -o 'Build ID.*') == $(readelf -n "$lib/libzkarrow.so.dbg" | grep -o 'Build ID.*') ]] &&
    readelf -p .gnu_debuglink "$lib/libzkarrow.so" | grep -F libzkarrow.so.dbg && readelf -S "$lib/libzkarrow.so.dbg" | grep -F .debug_info &&
    ! readelf -S "$lib/libzkarrow.so" | grep -F .debug_info
}
links() {
  [[ $(readlink "$lib/libzkarrow.so") == libzkarrow.so.0 ]] &&
    [[ $(readlink "$lib/libzkarrow.so.0") == "libzkarrow.so.$version" ]] &&
    [[ -f $lib/libzkarrow.so.$version && ! -L $lib/libzkarrow.so.$version ]] && return
  ls -l "$lib"
  return 1
}
# every needed library must be one that any Debian or Red Hat has
dependencies() {
  readelf -d "$lib/libzkarrow.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' >"$work/needed"
  ! grep -vxE 'lib(c|m|dl|rt|pthread|gcc_s)\.so\.[0-9]+|ld-linux-x86-64\.so\.2' "$work/needed"
}

check "exports are the functions of zkarrow.h" symbols
check "soname" soname
check "not unloadable" nodelete
check "build id" build_id
check "symbols in a file of their own" debug_file
check "soname links" links
check "needs nothing unusual" dependencies
check "header, exports and generated files agree" \
  "$python" "$root/native/abi/abi.py" check --lib "$lib/libzkarrow.so"

# --- programs --------------------------------------------------------------------------------------

program() {
  local name=$1 sources=("${@:2}")
  gcc -std=c99 -g "${strict[@]}" "${include[@]}" "${sources[@]}" -o "$work/$name" \
    -L "$lib" "-Wl,-rpath,$lib" -lzkarrow -ldl
}
# the programs that watch loading itself must not be linked against it
loader() { gcc -std=c99 -g "${strict[@]}" "${include[@]}" "$here/$1.c" -o "$work/$1" -ldl -pthread; }

check "unload.c compiles" loader unload
check "signals.c compiles" loader signals
check "fork.c compiles" program fork "$here/fork.c" "$here/table.c"
check "badinput.c compiles" program badinput "$here/badinput.c" "$here/table.c"
check "guard.c compiles" gcc -std=c11 -g "${strict[@]}" "$root/native/guard/zkguard.c" "$here/guard.c" -o "$work/guard" -pthread
check "the guard compiles with clang" clang -std=c11 -O2 "${strict[@]}" -fsyntax-only "$root/native/guard/zkguard.c"
check "a call works after dlclose" timeout 60 "$work/unload" "$lib/libzkarrow.so.0"
check "signals are as documented" timeout 60 "$work/signals" "$lib/libzkarrow.so.0"
check "fork is as documented" timeout 120 "$work/fork"
check "a fault in a mapped segment is survived, any other is not" timeout 120 "$work/guard"
check "bad input is refused" timeout 120 "$work/badinput"

check "many.c compiles" program many "$here/many.c" "$here/table.c"
check "many calls leave nothing and no growth" timeout 300 "$work/many" "${ZKARROW_CALLS:-1000000}"

# --- under the tools that see memory ---------------------------------------------------------------
# The library itself is not instrumented: these see every allocation, and our C code. What is suppressed, and why, is said in
# the files named here.

suppressions=$root/bindings/cpp/tests
export LSAN_OPTIONS=suppressions=$suppressions/leaks.txt:print_suppressions=0
export TSAN_OPTIONS=suppressions=$suppressions/races.txt
# the guard's tests end by SIGBUS itself, and not by a report of it
export ASAN_OPTIONS=handle_sigbus=0

# sanitized SANITIZERS NAME SOURCE...: compiles a program with gcc's sanitizers and runs it
sanitized() {
  local program=$work/$2-$1
  gcc -std=c11 -g -O1 "-fsanitize=$1" -fno-sanitize-recover=all "${strict[@]}" "${include[@]}" "${@:3}" -o "$program" \
    -L "$lib" "-Wl,-rpath,$lib" -lzkarrow -pthread -ldl && timeout 120 "$program"
}
# valgrind cannot read the separate debug information, so the library stands alone in a folder of its own
valgrinded() {
  mkdir -p "$work/bare" && cp "$lib/libzkarrow.so.$version" "$work/bare/libzkarrow.so.0" &&
    LD_LIBRARY_PATH=$work/bare timeout 200 valgrind -q --leak-check=full --show-leak-kinds=definite \
      --errors-for-leak-kinds=definite --error-exitcode=9 "$work/$1-valgrind"
}
unpathed() {
  local name=$1 sources=("${@:2}")
  gcc -std=c11 -g "${strict[@]}" "${include[@]}" "${sources[@]}" -o "$work/$name-valgrind" -L "$lib" -lzkarrow -pthread -ldl
}

check "the guard under ASan and UBSan" \
  sanitized address,undefined guard "$root/native/guard/zkguard.c" "$here/guard.c"
check "releases.c compiles" program releases "$here/releases.c" "$here/table.c" -pthread
check "what is handed out may be released on any thread" timeout 60 "$work/releases"
for sanitizer in address,undefined thread; do
  check "releases on any thread under $sanitizer" sanitized "$sanitizer" releases "$here/releases.c" "$here/table.c"
done
check "bad input under ASan and UBSan" sanitized address,undefined badinput "$here/badinput.c" "$here/table.c"
for name in badinput releases; do
  check "$name.c compiles for valgrind" unpathed "$name" "$here/$name.c" "$here/table.c"
  check "$name under valgrind" valgrinded "$name"
done

check "the ABI tool's own tests" "$python" -m pytest -q -p no:cacheprovider "$here/test_abi_tool.py" "$here/test_abi_changes.py" \
  "$here/test_abi_languages.py"

{
  printf '<?xml version="1.0" encoding="utf-8"?>\n'
  printf '<testsuite name="abi" tests="%d" failures="%d" errors="0" skipped="0">\n' "$((passed + failed))" "$failed"
  cat "$work/cases"
  printf '</testsuite>\n'
} >"$results/abi.xml"
echo "abi: $passed passed, $failed failed"
((failed == 0))
