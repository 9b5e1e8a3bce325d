"""Fixtures for tests of the Python package: a server for the session, a namespace for each test.

The conftest.py that imports them has put this folder and the package on the path.
"""

from __future__ import annotations

import gc
import itertools
import shutil
import tempfile
from typing import Any, Callable, Iterator

import pytest
import zkarrow
from zookeeper_lab import ZooKeeper

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


def _counts() -> dict[str, int]:
    gc.collect()
    return zkarrow.counters()


@pytest.fixture(autouse=True)
def leak_free() -> Iterator[None]:
    """Checks after every test that the library is left as it was found, mappings and all."""
    before = _counts()
    yield
    assert _counts() == before


@pytest.fixture
def balanced() -> Callable[[], dict[str, int]]:
    """What the library has handed out just now."""
    return _counts
