"""The demo: a coordinator (zk or local), a Python publisher, a C++ and a .NET reader, one table, no copy."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lab"))

import zookeeper_lab  # noqa: E402

DEADLINE_S = 60


def start(*command: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "bindings/python"),
        "ZKARROW_LIBRARY": str(ROOT / "artifacts/lib/libzkarrow.so"),
        "LD_LIBRARY_PATH": str(ROOT / "artifacts/lib"),
    }
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str], lines: int) -> list[str]:
    assert process.stdout is not None
    heard = [process.stdout.readline().rstrip("\n") for _ in range(lines)]
    if not all(heard):
        raise SystemExit(f"'{process.args[0]}' ended early with {process.wait(DEADLINE_S)}")
    for line in heard:
        print("   " + line)
    return heard


@contextlib.contextmanager
def coordinator(kind: str) -> Iterator[str]:
    """The URL that everybody connects to."""
    if kind == "local":
        folder = tempfile.mkdtemp(prefix="zkarrow-demo-tree-", dir="/dev/shm")
        try:
            print(f"1. No server runs; every process below connects to local:{folder}.")
            yield f"local:{folder}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    with zookeeper_lab.ZooKeeper() as zookeeper:
        print(f"1. A real ZooKeeper server runs; every process below connects to {zookeeper.url('/demo')}.")
        yield zookeeper.url("/demo")


def main(kind: str, cpp_reader: str, dotnet_reader: str) -> None:
    data_dir = tempfile.mkdtemp(prefix="zkarrow-demo-", dir="/dev/shm")
    os.chmod(data_dir, 0o750)
    processes: list[subprocess.Popen[str]] = []
    try:
        with coordinator(kind) as url:
            print("2. Python reads flights from a CSV file and publishes them into shared memory:")
            table = ROOT / "tests/data/flights-200k.csv.gz"
            publisher = start("/usr/bin/python3", str(ROOT / "tests/demo/publisher.py"), url, data_dir, str(table))
            processes.append(publisher)
            tell(publisher)
            hear(publisher, 1)

            print("3. A C++ and a .NET process read them by name:")
            readers = [start(cpp_reader, url, data_dir), start(dotnet_reader, url, data_dir)]
            processes += readers
            first = [hear(reader, 2) for reader in readers]
            inodes = {re.search(r"inode (\d+)", said[1])[1] for said in first}  # type: ignore[index]
            sums = {said[0].split(":", 1)[1] for said in first}
            maps = [f"/proc/{reader.pid}/maps" for reader in readers]
            print(f"   Both got the same sums: {len(sums) == 1}. Both columns lie in the one file that both have")
            print(f"   mapped (inode {', '.join(sorted(inodes))}; see {' and '.join(maps)}): nothing was copied.")
            if len(inodes) != 1 or len(sums) != 1:
                raise SystemExit("the readers disagree")

            print("4. Python publishes again; both readers were waiting for it:")
            tell(publisher)
            hear(publisher, 1)
            for reader in readers:
                hear(reader, 2)
                reader.wait(DEADLINE_S)

            print("5. Everything is cleaned up:")
            assert publisher.stdin is not None
            publisher.stdin.close()
            hear(publisher, 1)
            publisher.wait(DEADLINE_S)
            left = [str(path) for path in pathlib.Path(data_dir).rglob("*.arrow")]
            print(f"   segments left in {data_dir}: {len(left)}")
            if left or any(process.returncode != 0 for process in processes):
                raise SystemExit("the demo did not end as it should")
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(data_dir, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
