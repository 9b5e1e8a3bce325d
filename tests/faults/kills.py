"""Writers are killed with SIGKILL at random instants of whatever they do, while readers read and hold versions.

Afterwards no version is torn or lost, and once everything is dropped and swept not one byte of the file system is missing.
"""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

from client import Client, Refused

MAX_LIFE_S = 0.06
OPERATIONS_OF_A_LIFE = 60
KEPT = "kept"
DATASETS = ["d0", "d1", "d2"]
# appended to and dropped, never published: its versions share segments
GROWN = "grown"
GROWTH_MAX = 200
# published again and again, with its old versions dropped before each life: its files are recycled
RECYCLED = "recycled"
# rows of a batch and first value: what a reader may find, and nothing else
TABLES = [(500, 1_000), (3_000, 20_000), (20_000, 300_000)]
GROWING = (60, 7)
BATCHES = 2


def fnv1a(data: bytes, digest: int = 0xCBF29CE484222325) -> int:
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return digest


def digested(rows: int, seed: int, batches: int) -> bytes:
    return b"".join(
        rows.to_bytes(8, "little")
        + b"".join(b"\x01" + (seed + batch * rows + i).to_bytes(8, "little") for i in range(rows))
        for batch in range(batches)
    )


def expected_digests() -> set[str]:
    """Of all values of all batches: every read is checked with them. A loan has one batch."""
    tables = [*TABLES, (TABLES[-1][0], TABLES[-1][1] + 1)]
    once = {f"{fnv1a(digested(*table, batches)):016x}" for table in tables for batches in (1, BATCHES)}
    grown, digest = digested(*GROWING, BATCHES), 0xCBF29CE484222325
    for _ in range(GROWTH_MAX):
        digest = fnv1a(grown, digest)
        once.add(f"{digest:016x}")
    return once


class Writer:
    """What a writer that will be killed is told to do. A new operation of the library is a method and a line below."""

    def __init__(self, chance: random.Random, versions: dict[str, list[int]]) -> None:
        self._chance = chance
        self._versions = versions

    def publish(self) -> dict[str, Any]:
        rows, seed = self._chance.choice(TABLES)
        make = {"kind": "int64", "rows": rows, "seed": seed, "batches": BATCHES}
        name = self._chance.choice([KEPT, *DATASETS])
        if name == KEPT:
            make.update(rows=TABLES[0][0], seed=TABLES[0][1])
        return {"op": "publish", "name": name, "residency": "host", "make": make}

    def loan(self) -> dict[str, Any]:
        rows, seed = self._chance.choice(TABLES)
        return {"op": "loan", "name": self._chance.choice(DATASETS), "make": {"kind": "int64", "rows": rows, "seed": seed}}

    def recycle(self) -> dict[str, Any]:
        """A version large enough to be written into a pooled file."""
        rows, seed = TABLES[-1]
        make = {"kind": "int64", "rows": rows, "seed": seed + self._chance.randrange(2), "batches": BATCHES}
        return {"op": "publish", "name": RECYCLED, "residency": "host", "make": make}

    def append(self) -> dict[str, Any]:
        make = {"kind": "int64", "rows": GROWING[0], "seed": GROWING[1], "batches": BATCHES}
        return {"op": "append", "name": GROWN, "residency": "host", "make": make}

    def drop_version(self) -> dict[str, Any]:
        name = self._chance.choice([*DATASETS, GROWN, RECYCLED])
        return {"op": "drop", "name": name, "version": self._chance.choice(self._versions[name][:-1] or [1])}

    def drop_dataset(self) -> dict[str, Any]:
        return {"op": "drop", "name": self._chance.choice([*DATASETS, GROWN])}

    def read(self) -> dict[str, Any]:
        return {"op": "read", "name": self._chance.choice([*DATASETS, RECYCLED])}

    def life(self) -> list[tuple[str, dict[str, Any]]]:
        """Operations with their names, more than the time will be enough for."""
        drawn = self._chance.choices(list(OPERATIONS), list(OPERATIONS.values()), k=OPERATIONS_OF_A_LIFE)
        return [(name, getattr(self, name)()) for name in drawn]


# how often each is drawn
OPERATIONS = {"publish": 8, "loan": 6, "recycle": 8, "append": 6, "drop_version": 6, "drop_dataset": 2, "read": 2}


class Reading:
    """A reader in a thread: reads heads, and looks again at what it has held for a while."""

    def __init__(self, language: str, url: str, data_dir: str, digests: set[str], seed: int) -> None:
        self.reads = 0
        self.failure: BaseException | None = None
        self._arguments = (language, url, data_dir)
        self._digests = digests
        self._chance = random.Random(seed)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with Client(*self._arguments) as reader:
                last = 0
                while not self._done.is_set():
                    held = self._hold(reader)
                    for name in [KEPT, GROWN, RECYCLED, *DATASETS]:
                        answer = self._ask(reader, op="read", name=name)
                        if answer is not None:
                            self._check(answer, name)
                        if answer is not None and name == KEPT:
                            assert answer["version"]["number"] >= last, "the reader went back"
                            last = answer["version"]["number"]
                    if held is not None:
                        self._check(reader.ask(op="digest", of="held"), held)
                        reader.ask(op="let_go", of="held")
        except BaseException as failure:  # noqa: BLE001 - shown by the runner
            self.failure = failure

    def _hold(self, reader: Client) -> str | None:
        name = self._chance.choice([*DATASETS, GROWN, RECYCLED])
        return name if self._ask(reader, op="hold", name=name, **{"as": "held"}) is not None else None

    @staticmethod
    def _ask(reader: Client, **request: Any) -> dict[str, Any] | None:
        """None when the dataset is not there just now."""
        try:
            return reader.ask(**request)
        except Refused as refused:
            if refused.status != "ZKA_NOT_FOUND":
                raise
            return None

    def _check(self, answer: dict[str, Any], name: str) -> None:
        assert answer["digest"] in self._digests, f"a torn read of {name}: {answer}"
        self.reads += 1


def run(url: str, data_dir: str, kills: int) -> str:
    """No torn read, no lost version, and in the end no byte that is not free again."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"kills: seed {seed}", flush=True)
    chance = random.Random(seed)
    digests = expected_digests()
    with mounted(data_dir):
        with Client("c", url, data_dir):
            pass  # makes what is there for good
        free = free_bytes(data_dir)
        readers = [Reading(language, url, data_dir, digests, seed) for language in ("c", "python")]
        interrupted: collections.Counter[str] = collections.Counter()
        names: dict[int, set[str]] = collections.defaultdict(set)
        try:
            with Client("c", url, data_dir) as witness:
                for _ in range(kills):
                    versions = {name: history(witness, name) for name in [*DATASETS, GROWN, RECYCLED]}
                    for inode, name in linked(data_dir):
                        names[inode].add(name)
                    retire(witness, versions[RECYCLED])
                    interrupted[live_and_die(url, data_dir, Writer(chance, versions).life(), chance)] += 1
                    if any(reader.failure for reader in readers):
                        break
        finally:
            for reader in readers:
                reader.stop()
        for reader in readers:
            if reader.failure is not None:
                raise reader.failure
        assert set(OPERATIONS) <= set(interrupted) or kills < 200, f"not every operation was interrupted: {interrupted}"
        recycled = sum(len(of) - 1 for of in names.values())
        assert recycled > 0 or kills < 200, "no file was recycled"
        return (
            f"{kills} kills during {dict(interrupted)}, {recycled} times a file was seen again under another name, "
            f"{sum(r.reads for r in readers)} reads, none torn; {take_stock(url, data_dir, digests, free)}"
        )


def retire(witness: Client, versions: list[int]) -> None:
    """Drops what can be dropped, so that the next writer finds files in the pool. The writer before may have dropped some."""
    for version in versions[:-1]:
        try:
            witness.ask(op="drop", name=RECYCLED, version=version)
        except Refused as refused:
            if refused.status != "ZKA_NOT_FOUND":
                raise


def live_and_die(url: str, data_dir: str, life: list[tuple[str, dict[str, Any]]], chance: random.Random) -> str:
    """Runs a writer and kills it; the name of the operation it was at."""
    writer = Client("c", url, data_dir)
    for _, request in life:
        writer.send(**request)
    time.sleep(chance.random() * MAX_LIFE_S)  # the moment is the point
    done = writer.kill()
    return life[done][0] if done < len(life) else "nothing"


def take_stock(url: str, data_dir: str, digests: set[str], free: int) -> str:
    """Sweeps, reads all that is left, drops it, sweeps again."""
    with Client("dotnet", url, data_dir) as sweeper, Client("c", url, data_dir) as witness:
        before = len(segments(data_dir))
        swept = sweeper.ask(op="sweep")["removed"]
        read = 0
        for name in [KEPT, *DATASETS, GROWN, RECYCLED]:
            numbers = history(witness, name)
            if name == KEPT:
                assert numbers == list(range(1, len(numbers) + 1)), "a version is missing"
            for number in numbers:
                assert witness.ask(op="read", name=name, version=number)["digest"] in digests, f"{name} {number} is torn"
                read += 1
        left, shared = len(segments(data_dir)), len(history(witness, GROWN))
        # one that was appended to names up to sixteen, which older ones that are gone may have written
        assert read - shared <= left <= read + 15 * shared, f"{left} files for {read} versions, {shared} of which share theirs"
        for name in [KEPT, *DATASETS, GROWN, RECYCLED]:
            if history(witness, name):
                witness.ask(op="drop", name=name)
        sweeper.ask(op="sweep")
    assert not segments(data_dir), f"left behind: {segments(data_dir)[:5]}"
    pool = pathlib.Path(data_dir, ".pool")
    folders = [path for path in pathlib.Path(data_dir).iterdir() if path.is_dir() and path != pool]
    assert not folders, f"left behind: {folders[:5]}"
    assert not list(pool.iterdir()), f"left in the pool: {list(pool.iterdir())[:5]}"
    now = free_bytes(data_dir)
    assert now == free, f"{free - now} bytes were not given back"
    return f"{before} files, {swept} of them orphans, all swept; {read} versions read and dropped; {free} bytes free before and after"


def history(witness: Client, name: str) -> list[int]:
    """The versions of a dataset; none when it is not there."""
    try:
        numbers: list[int] = witness.ask(op="history", name=name)["versions"]
        return numbers
    except Refused as refused:
        if refused.status != "ZKA_NOT_FOUND":
            raise
        return []


def segments(data_dir: str) -> list[pathlib.Path]:
    return list(pathlib.Path(data_dir).rglob("*.arrow"))


def linked(data_dir: str) -> Iterator[tuple[int, str]]:
    """The inodes of all segments, which a tmpfs never uses again, with their names."""
    for path in segments(data_dir):
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_ino, path.name


def free_bytes(data_dir: str) -> int:
    """Of a file system that nobody else uses."""
    status = os.statvfs(data_dir)
    return status.f_bfree * status.f_frsize


@contextlib.contextmanager
def mounted(data_dir: str) -> Iterator[None]:
    """A file system of its own, so that its free bytes tell everything."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2g,mode=0750", "zkarrow-faults", data_dir]
    if subprocess.run(command, check=False).returncode != 0:
        raise RuntimeError("a tmpfs could not be mounted; run as root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", data_dir], check=True)
