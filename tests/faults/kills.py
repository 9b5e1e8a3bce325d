"""Publishers of tables and of loans are killed with SIGKILL at random moments while a reader reads."""

from __future__ import annotations

import pathlib
import random
import threading
import time

from client import Client, Refused

ROWS = 20_000
SEEDS = [1_000, 2_000, 3_000, 4_000]
MAX_LIFE_S = 0.06


def fnv1a(data: bytes) -> str:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


def expected_digest(seed: int) -> str:
    rows = b"".join(b"\x01" + value.to_bytes(8, "little", signed=True) for value in range(seed, seed + ROWS))
    return fnv1a(ROWS.to_bytes(8, "little") + rows)


def run(url: str, data_dir: str, kills: int) -> str:
    """No torn read, no lost version, and after a sweep no file that no manifest names."""
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    digests = {expected_digest(s) for s in SEEDS}
    done = threading.Event()
    reads = 0
    failures: list[BaseException] = []

    def read() -> None:
        nonlocal reads
        try:
            with Client("c", url, data_dir) as reader:
                last = 0
                while not done.is_set():
                    answer = reader.ask(op="read", name="killed", wait=True, timeout_ms=60_000)
                    assert answer["digest"] in digests, f"a torn read of version {answer['version']}"
                    assert answer["version"]["number"] >= last, "the reader went back"
                    last = answer["version"]["number"]
                    reads += 1
        except BaseException as failure:  # noqa: BLE001 - shown by the runner
            failures.append(failure)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(kills):
            publisher = Client("c", url, data_dir)
            for i in range(40):
                publisher.send(
                    op=chance.choice(["publish", "loan"]),
                    name="killed",
                    residency="host",
                    make={"kind": "int64", "rows": ROWS, "seed": SEEDS[i % len(SEEDS)]},
                )
            time.sleep(chance.random() * MAX_LIFE_S)  # the moment is the point
            publisher.kill()
            if failures:
                break
    finally:
        done.set()
        with Client("c", url, data_dir) as last:  # so that a reader that still waits finds something
            last.ask(op="publish", name="killed", residency="host", make={"kind": "int64", "rows": ROWS, "seed": SEEDS[0]})
        reader.join()
    if failures:
        raise failures[0]
    before = len(segments(data_dir))
    with Client("dotnet", url, data_dir) as sweeper:
        swept = sweeper.ask(op="sweep")["removed"]
    with Client("c", url, data_dir) as witness:
        versions = witness.ask(op="history", name="killed")["versions"]
        assert versions == list(range(1, len(versions) + 1)), "a version is missing"
        left = segments(data_dir)
        assert len(left) == len(versions), f"{len(left)} files for {len(versions)} versions (seed {seed})"
        for number in versions[:: max(1, len(versions) // 100)]:
            try:
                assert witness.ask(op="read", name="killed", version=number)["digest"] in digests
            except Refused as refused:
                raise AssertionError(f"version {number} cannot be read: {refused} (seed {seed})") from refused
    return (
        f"{kills} kills (seed {seed}), {len(versions)} versions, {reads} reads, none torn; "
        f"{before} files, {swept} of them orphans, all swept"
    )


def segments(data_dir: str) -> list[pathlib.Path]:
    return list(pathlib.Path(data_dir).rglob("*.arrow"))
