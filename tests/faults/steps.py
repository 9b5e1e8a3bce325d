#!/usr/bin/env python3
"""A crash at every step: each operation is ended just before, and just after, each of its writes to the coordinator.

By hand: tests/faults/steps.py [TIMES], 50 by default. The faults suite runs it once.
"""

from __future__ import annotations

import collections
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from lab.run import build  # noqa: E402

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests/lab"))
import zookeeper_lab  # noqa: E402

OPERATIONS = (
    *("publish-first", "publish", "append", "transaction", "acquire", "take-over", "release"),
    *("drop-version", "drop", "retention"),
)
# what goes on behind the caller's back may be cut off by the end of the process
_BEHIND = ("retention",)
_MOST_STEPS = 30
_ENDS_WITHIN_S = 60


class Repairer:
    """The process that lives: it prepares what the others die at, and looks at what they left."""

    def __init__(self, program: pathlib.Path, url: str, data_dir: str) -> None:
        self._process = subprocess.Popen(
            ["dotnet", str(program), "repair", url, data_dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str, operation: str, name: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{what} {operation} {name}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != "ok":
            raise AssertionError(f"{what} {operation} {name}: {answer or 'the process ended'}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def run(url: str, data_dir: str, times: int) -> str:
    """Each step of each operation ``times`` times on both sides; a sentence that says how many there were."""
    program = build()
    repairer = Repairer(program, url, data_dir)
    steps: collections.Counter[str] = collections.Counter()
    deaths = 0
    try:
        for operation in OPERATIONS:
            for step in range(1, _MOST_STEPS):
                died = 0
                for side in ("before", "after"):
                    for time in range(times):
                        name = f"{operation}-{step}-{side}-{time}"
                        repairer.ask("prepare", operation, name)
                        died += _dies(program, url, data_dir, operation, name, step, side)
                        repairer.ask("check", operation, name)
                deaths += died
                if died == 0:
                    break
                if died != 2 * times and operation not in _BEHIND:
                    raise AssertionError(f"{operation} had step {step} only {died} of {2 * times} times")
                steps[operation] += 1
    finally:
        repairer.close()
    left = [file for file in pathlib.Path(data_dir).rglob("*.arrow") if "pool" not in file.parts]
    if left:
        raise AssertionError(f"{len(left)} segments were left, such as {left[0]}")
    told = ", ".join(f"{operation} {count}" for operation, count in steps.items())
    return f"{deaths} deaths at the steps of {told}; everything repaired by the next client"


def _dies(program: pathlib.Path, url: str, data_dir: str, operation: str, name: str, step: int, side: str) -> bool:
    """Whether the process died at the step; it did not when the operation has fewer."""
    done = subprocess.run(
        ["dotnet", str(program), "die", f"{url}/{name}", data_dir, operation, name, str(step), side],
        capture_output=True,
        text=True,
        timeout=_ENDS_WITHIN_S,
        check=False,
    )
    if done.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"{operation} step {step} {side} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.returncode != 0


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with zookeeper_lab.ZooKeeper() as zookeeper, tempfile.TemporaryDirectory(dir="/dev/shm") as data_dir:
        os.chmod(data_dir, 0o750)
        print(run(zookeeper.url("/steps"), data_dir, times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
