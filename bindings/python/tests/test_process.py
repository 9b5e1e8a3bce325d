"""The package and its process: loading, forking, leaking, exiting; in a fresh interpreter each."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from typing import Any, Callable

import pytest
import zkarrow

Run = Callable[..., "subprocess.CompletedProcess[str]"]

OPENED = """
import os, sys, zkarrow
client = zkarrow.connect(sys.argv[1], data_dir=sys.argv[2])
client.publish("a", zkarrow.table({"x": [1, 2, 3]}), residency="host")
"""


def succeeded(process: subprocess.CompletedProcess[str]) -> str:
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.strip()


def where(place: dict[str, Any]) -> list[str]:
    return [place["url"], place["data_dir"]]


def test_importing_loads_nothing(run_python: Run) -> None:
    # a path that cannot be loaded would fail
    program = "import zkarrow; print(zkarrow.__version__)"
    assert succeeded(run_python(program, ZKARROW_LIBRARY="/nowhere")) == zkarrow.__version__


def test_importing_is_cheap(run_python: Run) -> None:
    # what took most of the time of others; the time itself is measured by the benchmarks
    program = """
import sys
before = set(sys.modules)
import zkarrow
costly = "asyncio ctypes.util email html importlib.metadata json logging pathlib socket".split()
print(sorted(set(costly) & (set(sys.modules) - before)))
"""
    assert succeeded(run_python(program)) == "[]"


def test_a_library_that_was_named_and_is_not_there_is_named(run_python: Run) -> None:
    program = """
import zkarrow
try:
    zkarrow.abi_version()
except OSError as error:
    print(error)
"""
    said = succeeded(run_python(program, ZKARROW_LIBRARY="/nowhere/libzkarrow.so"))
    assert "/nowhere/libzkarrow.so" in said and "ZKARROW_LIBRARY" in said and "\n" not in said


def test_a_library_of_another_abi_is_refused(run_python: Run) -> None:
    program = """
import zkarrow
from zkarrow import _bindings
_bindings.ZKA_ABI_VERSION += 1
try:
    zkarrow.abi_version()
except ImportError as error:
    print(error)
"""
    assert "install matching versions" in succeeded(run_python(program))


def test_show_info_names_what_is_loaded(run_python: Run) -> None:
    said = succeeded(run_python("import zkarrow; zkarrow.show_info()"))
    assert f"zkarrow  {zkarrow.__version__}" in said and os.environ["ZKARROW_LIBRARY"] in said


def test_a_forked_child_is_told_so_and_exits_in_peace(
    run_python: Run, place: dict[str, Any]
) -> None:
    program = (
        OPENED
        + """
table = client.read("a")
child = os.fork()
if child == 0:
    for call in (client.list, lambda: table.version, zkarrow.counters,
                 lambda: zkarrow.connect("zk://127.0.0.1:1/x")):
        try:
            call()
        except zkarrow.ForkedError as error:
            assert "spawn" in str(error)
        else:
            os._exit(3)
    table.close(); client.close()  # are the parent's; nothing happens
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert table.num_rows == 3
table.close(); client.close()
print("parent lives")
"""
    )
    assert succeeded(run_python(program, *where(place))) == "parent lives"


def test_forking_before_the_first_use_is_fine(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        "import os, zkarrow\nchild = os.fork()\n"
        + OPENED
        + """
client.close()
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("both")
"""
    )
    assert succeeded(run_python(program, *where(place))) == "both"


def test_multiprocessing_spawn_works(place: dict[str, Any], tmp_path: pathlib.Path) -> None:
    program = tmp_path / "spawned.py"
    program.write_text(
        """
import multiprocessing, sys, zkarrow

def rows(url, data_dir):
    with zkarrow.connect(url, data_dir=data_dir) as client, client.read("a") as table:
        return table.num_rows

if __name__ == "__main__":
    with zkarrow.connect(*sys.argv[1:2], data_dir=sys.argv[2]) as client:
        client.publish("a", zkarrow.table({"x": [1, 2, 3]}))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(rows, sys.argv[1:3]))
"""
    )
    # spawn needs a main module that is a file
    process = subprocess.run(
        [sys.executable, str(program), *where(place)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[:3])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert succeeded(process) == "3"


def test_a_forked_child_lets_go_of_its_parents_capsules(
    run_python: Run, place: dict[str, Any]
) -> None:
    program = (
        OPENED
        + """
table = client.read("a")
capsules = [table.__arrow_c_stream__(), table.__arrow_c_schema__()]
child = os.fork()
if child == 0:
    del capsules
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
del capsules
assert zkarrow.counters()["exported_streams"] == 0
table.close(); client.close()
print("parent lives")
"""
    )
    assert succeeded(run_python(program, *where(place))) == "parent lives"


@pytest.mark.parametrize("end", ["pass", "sys.exit(0)", "sys.kept = capsule, table"])
def test_everything_may_be_alive_at_exit(
    run_python: Run, place: dict[str, Any], end: str
) -> None:
    program = (
        OPENED
        + """
table = client.read("a")
capsule = table.__arrow_c_stream__()
schema = table.schema.__arrow_c_schema__()
listed = client.list()
subscription = client.subscribe("a")
class Cycle: pass
cycle = Cycle(); cycle.cycle = cycle; cycle.held = (table, table.__arrow_c_stream__())
"""
        + end
    )
    succeeded(run_python(program, *where(place)))


def test_clients_are_closed_at_exit(run_python: Run, place: dict[str, Any], server: Any) -> None:
    def sessions() -> int:
        # a session that was only cut off lives on for its timeout
        found = re.search(rb"zk_global_sessions\s+(\d+)", server.ask("mntr"))
        assert found
        return int(found[1])

    before = sessions()
    succeeded(run_python(OPENED, *where(place)))
    assert sessions() == before


def test_a_waiting_daemon_thread_does_not_hold_up_the_exit(
    run_python: Run, place: dict[str, Any]
) -> None:
    program = (
        OPENED
        + """
import threading
started = threading.Event()
def wait():
    started.set()
    try:
        client.read("none", wait=60)
    except zkarrow.Error:
        pass
threading.Thread(target=wait, daemon=True).start()
started.wait()
"""
    )
    succeeded(run_python(program, *where(place)))


def test_leaks_are_reported(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        OPENED
        + """
import warnings
warnings.simplefilter("always")
table = client.read("a")
del table
del client
"""
    )
    process = run_python(program, *where(place))
    assert process.returncode == 0
    assert "Table 'a' version 1, 3 rows, x: int64> was never closed" in process.stderr
    assert process.stderr.count("was never closed") == 2


def test_faulthandler_may_be_enabled_after_the_first_call(
    run_python: Run, place: dict[str, Any]
) -> None:
    program = (
        OPENED
        + """
import faulthandler
faulthandler.enable()
from zkarrow import _ffi
for misuse in (lambda: client.publish(None, None), lambda: client.read("none"),
               lambda: _ffi.call(_ffi.library().zka_client_state, None, None)):
    try:
        misuse()
    except zkarrow.Error:
        print("refused")
client.close()
"""
    )
    assert succeeded(run_python(program, *where(place))).split() == ["refused"] * 3


def test_no_arrow_library_is_needed(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        """
import sys
class Refuse:
    def find_spec(self, name, *rest):
        assert name.split(".")[0] not in ("pyarrow", "numpy", "pandas", "polars", "nanoarrow"), name
sys.meta_path.insert(0, Refuse())
"""
        + OPENED
        + """
with client.read("a") as table:
    print(table.schema)
print(client.list()[0].name)
client.close()
"""
    )
    assert succeeded(run_python(program, *where(place))) == "x: int64\na"
