"""A peer truncates a mapped file: the process lives, and the next call says CORRUPT. In a fresh interpreter each."""

from __future__ import annotations

import signal
import subprocess
from typing import Any, Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SETTING = """
import ctypes, faulthandler, glob, os, sys, zkarrow
from digest import addresses
from zkarrow import _arrow, _capsule
from zkarrow._bindings import ArrowArrayStream

def cut(size=0, pattern="*/*.arrow"):
    for path in glob.glob(sys.argv[2] + "/" + pattern):
        os.chmod(path, 0o640)
        os.truncate(path, size)

def refused(call):
    try:
        call()
    except zkarrow.CorruptError as error:
        assert "truncated by another process" in str(error), error
        return
    raise AssertionError("not refused")

def caught():
    with open("/proc/self/status") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
    return {number for number in range(1, 65) if mask >> number - 1 & 1}

def connect():
    return zkarrow.connect(sys.argv[1], data_dir=sys.argv[2])

def publish(client):
    client.publish("a", zkarrow.table({"x": [7] * 100_000}), residency="host")
"""

OPENED = SETTING + "client = connect()\npublish(client)\ntable = client.read('a')\n"

TOUCHED = """
values = addresses(table)[-1]
cut(8192)
seen = ctypes.string_at(values, 800_000)
assert seen[-8:] == bytes(8) and seen[:1] == b"\\7", (seen[:8], seen[-8:])
refused(lambda: client.read("a"))
refused(table.__arrow_c_stream__)
assert table.num_rows == 100_000
table.close()
try:
    client.read("a")
except zkarrow.CorruptError as error:
    assert "its manifest says" in str(error)
publish(client)
with client.read("a") as again:
    assert ctypes.string_at(addresses(again)[-1], 800_000)[-8:-7] == b"\\7"
client.close()
print("lives")
"""


def lives(process: subprocess.CompletedProcess[str]) -> str:
    assert (process.returncode, process.stdout) == (0, "lives\n"), process
    return process.stderr


def where(place: dict[str, Any]) -> list[str]:
    return [place["url"], place["data_dir"]]


@pytest.mark.parametrize("before", ["", "faulthandler.enable()\n"])
def test_a_reader_of_lost_pages_lives(run_python: Run, place: dict[str, Any], before: str) -> None:
    program = "import faulthandler\n" + before + OPENED + TOUCHED
    assert lives(run_python(program, *where(place))) == ""


def test_with_faulthandler_enabled_afterwards_it_reports_and_lives(
    run_python: Run, place: dict[str, Any]
) -> None:
    said = lives(run_python(OPENED + "faulthandler.enable()\n" + TOUCHED, *where(place)))
    assert said.startswith("Fatal Python error: Bus error") and said.count("Fatal") == 1


@pytest.mark.parametrize("size", [0, 1, 4096, 8192, 800_000, -1])
def test_the_next_call_is_refused_untouched(
    run_python: Run, place: dict[str, Any], size: int
) -> None:
    program = (
        OPENED
        + f"""
size = {size}
cut(size if size >= 0 else os.path.getsize(glob.glob(sys.argv[2] + "/*/*.arrow")[0]) - 1)
refused(lambda: client.read("a"))
refused(table.__arrow_c_stream__)
table.close(); client.close()
print("lives")
"""
    )
    assert lives(run_python(program, *where(place))) == ""


def test_a_stream_says_so(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        OPENED
        + """
capsule = table.__arrow_c_stream__()
stream = _capsule.unwrap(capsule, ArrowArrayStream)
cut()
try:
    next(iter(_arrow.batches(stream)))
except (OSError, zkarrow.Error) as error:
    assert "truncated by another process" in str(error), error
else:
    raise AssertionError("not refused")
_capsule.release(stream)
table.close(); client.close()
print("lives")
"""
    )
    assert lives(run_python(program, *where(place))) == ""


@pytest.mark.parametrize("residency", ["host", "inline"])
def test_what_was_lost_is_not_published_again(
    run_python: Run, place: dict[str, Any], residency: str
) -> None:
    program = (
        SETTING
        + f"""
client = connect()
client.publish("a", zkarrow.table({{"x": [7] * 10_000}}), residency="host")
table = client.read("a")
def parts():
    yield table
    cut(4096)  # the publisher has the batch already
refused(lambda: client.publish("b", parts(), residency={residency!r}))
table.close()
assert [dataset.name for dataset in client.list()] == ["a"]
client.close()
print("lives")
"""
    )
    assert lives(run_python(program, *where(place))) == ""


def test_a_truncated_change_board_is_corrupt(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        OPENED
        + """
cut(pattern="changes")
refused(lambda: client.read("a"))
refused(lambda: publish(client))
table.close(); client.close()
print("lives")
"""
    )
    assert lives(run_python(program, *where(place))) == ""


def test_another_bus_error_still_ends_the_process(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        OPENED
        + """
import mmap, tempfile
with tempfile.TemporaryFile() as file:
    file.truncate(8192)
    foreign = mmap.mmap(file.fileno(), 8192)
    file.truncate(0)
    foreign[5000]
"""
    )
    assert run_python(program, *where(place)).returncode == -signal.SIGBUS


def test_the_handler_comes_with_the_first_client(run_python: Run, place: dict[str, Any]) -> None:
    program = (
        SETTING
        + """
import threading
# libc takes signal 33 for itself with the first thread
thread = threading.Thread(target=caught); thread.start(); thread.join()
before = caught()
zkarrow.counters()
ours = {8, 11, 34}
assert caught() == before | ours, caught()
client = connect()
assert caught() == before | ours | {7}, caught()
client.close()
print("lives")
"""
    )
    assert lives(run_python(program, *where(place))) == ""
