"""The ZooKeeper server that is measured against."""

from __future__ import annotations

import sys

from .setting import ROOT

sys.path.insert(0, str(ROOT / "tests" / "lab"))
from zookeeper_lab import ZooKeeper  # noqa: E402

# The lab's flags are for a quick start: the first compiler only, the serial collector, a small heap. A server that
# people run has what the JVM chooses; the later of two flags wins.
_ENVIRONMENT = {"ZOOKEEPER_JVMFLAGS": "-XX:TieredStopAtLevel=4 -XX:-UseSerialGC", "ZOOKEEPER_HEAP": "1g"}


def production_server() -> ZooKeeper:
    """A standalone server as it runs in production, with its log on the disk of the temporary folder."""
    return ZooKeeper(environment=_ENVIRONMENT)
