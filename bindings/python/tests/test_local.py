"""The embedded coordinator from Python: processes that share, that fork, and that are killed."""

from __future__ import annotations

import array
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

import zkarrow

CHILD = """
import os, sys, zkarrow
client = zkarrow.connect(sys.argv[1])
if os.fork() == 0:
    try:
        client.list()
    except zkarrow.ForkedError:
        os.write(1, b"forked\\n")
    sys.stdin.read()
    os._exit(0)
os.write(1, b"ready\\n")
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    """A folder that does not exist yet."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="zkarrow-local-", dir="/dev/shm"))
    yield path / "tree"
    shutil.rmtree(path)


def test_one_client_publishes_and_another_reads(folder: pathlib.Path) -> None:
    with zkarrow.connect(f"local:{folder}") as one, zkarrow.connect(f"local:{folder}") as two:
        table = zkarrow.table({"x": array.array("q", range(20_000))})
        assert one.publish("t", table).number == 1
        with two.read("t") as read:
            assert read.num_rows == 20_000
            assert read.zero_copy
        assert one.publish("t", table).number == 2
        with two.read("t") as read:
            assert read.version.number == 2
    assert list((folder / "data").glob("*/*.arrow")), "the segments are in the folder"


def test_a_session_ends_with_its_process_though_a_forked_child_lives(folder: pathlib.Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, f"local:{folder}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert process.stdout is not None
        assert sorted(process.stdout.readline().strip() for _ in range(2)) == ["forked", "ready"]
        (session,) = (folder / "sessions").iterdir()
        with session.open("rb") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_url_without_an_absolute_path_is_refused() -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="absolute path"):
        zkarrow.connect("local:tree")
