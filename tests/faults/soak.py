#!/usr/bin/env python3
"""Processes that publish, read and drop for a long time: their memory, files and mappings must stay as they were.

By hand: SOAK_MINUTES=10 tests/faults/soak.py. The faults suite runs it for some seconds.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time

from client import LANGUAGES, ROOT, Client, build

sys.path.insert(0, str(ROOT / "tests/lab"))
import zookeeper_lab  # noqa: E402

SAMPLE_EVERY_S = 0.25
ROWS = 3_000
ROUNDS_OF_A_DATASET = 50
# what a collector's heap may breathe, and a compiler at run time add, between two quarters of a run
BREATH_SHARE, BREATH_BYTES = 0.10, 8 << 20


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a process held at a moment."""

    memory: int
    files: int
    mappings: int

    @classmethod
    def of(cls, pid: int) -> Sample:
        proc = pathlib.Path(f"/proc/{pid}")
        pages = int((proc / "statm").read_text().split()[1])
        mappings = (proc / "maps").read_text().count("\n")
        return cls(pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir(proc / "fd")), mappings)


class Worker:
    """One process of a language, asked again and again in a thread."""

    def __init__(self, language: str, url: str, data_dir: str, seconds: float) -> None:
        self.language = language
        self.rounds = 0
        self.samples: list[Sample] = []
        self.failure: BaseException | None = None
        self._place = (url, data_dir)
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with Client(self.language, *self._place) as client:
                start = sampled = time.monotonic()
                while (now := time.monotonic()) - start < self._seconds:
                    self._round(client)
                    if now - sampled > SAMPLE_EVERY_S:
                        sampled = now
                        self.samples.append(Sample.of(client.pid))
                client.ask(op="drop", name=self.language)
                client.ask(op="close")
                counters = client.ask(op="counters")
                assert not any(count for name, count in counters.items() if name != "ok"), counters
        except BaseException as failure:  # noqa: BLE001 - shown by the runner
            self.failure = failure

    def _round(self, client: Client) -> None:
        """A host version and an inline one; the one before the last is dropped while it is held."""
        name = self.language
        make = {"kind": "mixed", "rows": ROWS, "seed": self.rounds % 7}
        first = client.ask(op="publish", name=name, make=make, residency="host")["version"]["number"]
        client.ask(op="hold", name=name, **{"as": "held"})
        client.ask(op="publish", name=name, make={**make, "rows": 10}, residency="inline")
        client.ask(op="drop", name=name, version=first)
        client.ask(op="digest", of="held")
        client.ask(op="let_go", of="held")
        client.ask(op="read", name=name)
        self.rounds += 1
        if self.rounds % ROUNDS_OF_A_DATASET == 0:
            client.ask(op="drop", name=name)
            client.ask(op="publish", name=name, make=make)

    def verdict(self) -> str:
        """Compares the second quarter of the run with the last."""
        quarter = len(self.samples) // 4
        assert quarter >= 4, f"{self.language} was too slow to be judged: {len(self.samples)} samples"
        early, late = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        held = {}
        for what, allowed in (("memory", BREATH_BYTES), ("files", 2), ("mappings", 16)):
            before, after = (statistics.median(getattr(sample, what) for sample in part) for part in (early, late))
            share = 0 if what == "files" else BREATH_SHARE
            assert after <= before * (1 + share) + allowed, f"{self.language}: {what} grew from {before:.0f} to {after:.0f}"
            held[what] = f"{before:.0f}→{after:.0f}"
        return f"{self.language} {self.rounds} rounds {held}"


def run(url: str, data_dir: str, seconds: float) -> str:
    """Flat memory, files and mappings in every language, and an empty directory in the end."""
    workers = [Worker(language, url, data_dir, seconds) for language in LANGUAGES]
    for worker in workers:
        worker.wait()
    left = list(pathlib.Path(data_dir).rglob("*.arrow"))
    assert not left, f"left behind: {left[:5]}"
    return "; ".join(worker.verdict() for worker in workers)


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    build()
    data_dir = tempfile.mkdtemp(prefix="zkarrow-soak-", dir="/dev/shm")
    os.chmod(data_dir, 0o750)
    try:
        with zookeeper_lab.ZooKeeper() as zookeeper:
            print(f"soak of {minutes:g} minutes: {run(zookeeper.url('/soak'), data_dir, minutes * 60)}", flush=True)
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
