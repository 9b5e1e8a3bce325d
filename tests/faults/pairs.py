"""Two-dataset transactions of two processes under four readers that take snapshots: never a mixed pair.

PAIRS=100000 in the environment makes a long run of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

WRITERS = 2
READERS = 4
# then a new pair: no history grows for ever
PER_PAIR = 10_000


def run(url: str, data_dir: str, count: int) -> str:
    """Every snapshot shows both versions of one transaction; every transaction is applied once."""
    from client import ROOT

    environment = {
        **os.environ,
        "ZKARROW_LIBRARY": str(ROOT / "artifacts/lib/libzkarrow.so"),
        "PYTHONPATH": str(ROOT / "bindings/python"),
    }
    began = time.monotonic()
    snapshots = 0
    for first in range(0, count, PER_PAIR):
        pair = f"pair{first // PER_PAIR}"
        todo = min(PER_PAIR, count - first)
        roles = ["write"] * WRITERS + ["read"] * READERS
        processes = [
            subprocess.Popen(
                [sys.executable, __file__, url, data_dir, role, pair, str(todo // WRITERS)],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for role in roles
        ]
        try:
            said = [process.communicate(timeout=1200)[0].strip() for process in processes]
        finally:
            for process in processes:
                process.kill()
        for process, role in zip(processes, roles):
            assert process.returncode == 0, f"a process to {role} ended with {process.returncode}: {said}"
        read = [int(text) for text, role in zip(said, roles) if role == "read"]
        assert min(read) > 0, f"a reader took no snapshot: {read}"
        snapshots += sum(read)
    seconds = time.monotonic() - began
    made = count // WRITERS * WRITERS
    return f"{made} transactions, {snapshots} snapshots, none mixed; {made / seconds:.0f} transactions/s"


def _write(url: str, data_dir: str, pair: str, count: int) -> None:
    import zkarrow

    with zkarrow.connect(url, data_dir=data_dir) as client:
        for number in range(count):
            table = zkarrow.table({"x": [number] * (1 + number % 7)})
            with client.transaction() as tx:
                tx.publish(f"{pair}/a", table)
                tx.publish(f"{pair}/b", table)
            a, b = tx.versions.values()
            assert (a.commit_id, a.commit_number) == (b.commit_id, b.commit_number), (a, b)
            assert a.number == b.number, (a, b)


def _read(url: str, data_dir: str, pair: str, count: int) -> None:
    import zkarrow

    names = [f"{pair}/a", f"{pair}/b"]
    taken = last = 0
    with zkarrow.connect(url, data_dir=data_dir) as client:
        client.read(names[0], wait=True, timeout=60).close()
        while last < count * WRITERS:
            with client.snapshot(names if taken % 2 else names[::-1]) as snapshot:
                versions = snapshot.versions
                a, b = versions[names[0]], versions[names[1]]
                assert (a.commit_id, a.number) == (b.commit_id, b.number), f"a mixed pair: {a} and {b}"
                assert a.commit_number == b.commit_number == snapshot.commit_number, (a, b, snapshot.commit_number)
                assert a.number >= last, f"version {a.number} after {last}"
                with snapshot.read(names[0]) as one, snapshot.read(names[1]) as other:
                    assert (one.version, other.version) == (a, b), "what is read is not what was chosen"
                last = a.number
                taken += 1
        assert [len(client.history(name)) for name in names] == [last, last], "a version is missing"
    print(taken)


def _main() -> None:
    url, data_dir, role, pair, count = sys.argv[1:]
    raised: list[BaseException] = []

    # off the main thread, where a call needs no helper that Ctrl-C could end
    def work() -> None:
        try:
            (_write if role == "write" else _read)(url, data_dir, pair, int(count))
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


if __name__ == "__main__":
    _main()
