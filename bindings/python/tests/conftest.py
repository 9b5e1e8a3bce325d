"""What the tests share: a ZooKeeper server for the session, and a namespace for each test."""

from __future__ import annotations

import gc
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any, Callable, Iterator

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parents[2]
PATHS = [str(TESTS.parent), str(ROOT / "tests" / "lab"), str(ROOT / "tests/contract/python")]
sys.path[:0] = PATHS

import zkarrow  # noqa: E402
from zookeeper_lab import ZooKeeper  # noqa: E402

_namespaces = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[ZooKeeper]:
    with ZooKeeper() as running:
        yield running


@pytest.fixture
def place(server: ZooKeeper) -> Iterator[dict[str, Any]]:
    """Where to connect to: arguments of `zkarrow.connect` for a namespace of the test's own."""
    directory = tempfile.mkdtemp(prefix="zkarrow-test-", dir="/dev/shm")
    yield {"url": server.url(f"/test{next(_namespaces)}"), "data_dir": directory}
    shutil.rmtree(directory)


@pytest.fixture
def client(place: dict[str, Any]) -> Iterator[zkarrow.Client]:
    with zkarrow.connect(**place) as opened:
        yield opened


@pytest.fixture
def balanced() -> Iterator[Callable[[], dict[str, int]]]:
    """Checks that the test lets go of everything: what the library hands out is back where it was."""
    names = ("handles", "exported_arrays", "exported_streams", "exported_schemas", "batches")

    def count() -> dict[str, int]:
        gc.collect()
        counts = zkarrow.counters()
        return {name: counts[name] for name in names}

    before = count()
    yield count
    assert count() == before


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program in a fresh interpreter, warnings being errors."""

    def run(
        program: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
