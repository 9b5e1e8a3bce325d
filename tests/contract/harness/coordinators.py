"""Where the names and versions of the cases live."""

from __future__ import annotations

import pathlib
import shutil
import sys
import tempfile

from harness.drivers import ROOT

sys.path.insert(0, str(ROOT / "tests" / "lab"))
import zookeeper_lab  # noqa: E402  (the lab is a folder of scripts, not a package)


class Embedded:
    """The embedded coordinator: a folder for each namespace, and no server."""

    def __init__(self) -> None:
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="zkarrow-contract-tree-", dir="/dev/shm"))

    def url(self, chroot: str) -> str:
        """The url of a namespace."""
        return f"local:{self._directory}{chroot}"

    def start(self) -> None:
        """Nothing has to run."""

    def serves(self) -> bool:
        """It always does."""
        return True

    def close(self) -> None:
        """Removes what the cases made."""
        shutil.rmtree(self._directory, ignore_errors=True)


COORDINATORS: dict[str, type[zookeeper_lab.ZooKeeper | Embedded]] = {"zk": zookeeper_lab.ZooKeeper, "local": Embedded}
