#!/usr/bin/env python3
"""The fault lab: an ensemble and its clients on hosts of their own, faults drawn from a seed, and a check of everything.

  lab/run.py [--seconds 120] [--seed N] [--mutant NAME] [--mutants SECONDS] [--keep]

Prints the seed, what was done and the verdict; ends with 1 when a promise was broken or a mutant was not noticed. Needs
root.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from types import TracebackType

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.checker import Violation, check, load  # noqa: E402
from lab.ensemble import Ensemble  # noqa: E402
from lab.mutants import MUTANTS  # noqa: E402
from lab.mutants import build as mutate  # noqa: E402
from lab.mutants import compile_worker  # noqa: E402
from lab.nemesis import Nemesis  # noqa: E402
from lab.network import Host, Network  # noqa: E402

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_WORKER = _ROOT / "tests/faults/ZkArrow.FaultWorker"
_STOPS_WITHIN_S = 240
# who does what: (host, role, datasets)
_CAST = [
    ("alpha", "write", ["free"]),
    ("alpha", "read", ["free", "gone"]),
    ("alpha", "recreate", ["gone"]),
    ("alpha", "own", ["owned"]),
    ("alpha", "transact", ["left", "right"]),
    ("beta", "write", ["free"]),
    ("beta", "own", ["owned"]),
    ("beta", "cut", ["left", "right"]),
    ("beta", "follow", ["free"]),
    ("gamma", "own", ["owned"]),
    ("gamma", "transact", ["right", "left"]),
    ("gamma", "read", ["free", "owned", "gone"]),
    ("gamma", "follow", ["owned"]),
    ("gamma", "recreate", ["gone"]),
]
_LASTING = ["free", "owned", "left", "right"]


class Workers:
    """The processes, as a context that leaves none behind."""

    def __init__(self, program: pathlib.Path, url: str, directory: pathlib.Path, seed: int) -> None:
        self._program, self._url, self._directory, self._seed = program, url, directory, seed
        self._processes: dict[Host, list[subprocess.Popen[bytes]]] = collections.defaultdict(list)
        self._count = 0

    @property
    def by_host(self) -> dict[Host, list[subprocess.Popen[bytes]]]:
        return self._processes

    def start(self, host: Host, role: str, datasets: list[str]) -> subprocess.Popen[bytes]:
        self._count += 1
        # hosts do not share memory, so each has a data directory of its own
        data = self._directory / "data" / host.name
        data.mkdir(parents=True, exist_ok=True, mode=0o750)
        history = self._directory / f"{role}-{self._count}.jsonl"
        process = subprocess.Popen(
            host.command(
                *("dotnet", str(self._program), role, self._url, str(data), str(history)),
                *(str(self._count), str(self._seed), *datasets),
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._processes[host].append(process)
        assert process.stdout is not None
        if process.stdout.readline() != b"open\n":
            raise RuntimeError(f"the worker {role} on {host.name} did not connect")
        return process

    def stop(self) -> None:
        """Asks all to finish what they are doing, and waits until they have."""
        running = [process for processes in self._processes.values() for process in processes]
        for process in running:
            assert process.stdin is not None
            process.stdin.close()
        for process in running:
            if code := process.wait(_STOPS_WITHIN_S):
                raise RuntimeError(f"a worker ended with {code}: {process.args}")
        self._processes.clear()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for processes in self._processes.values():
            for process in processes:
                process.kill()
                process.wait()


def run(seconds: float, seed: int, program: pathlib.Path, directory: pathlib.Path) -> tuple[list[Violation], str]:
    """What was broken, and a line that says what was done."""
    with Network() as network, Ensemble(network) as ensemble:
        hosts = {name: network.add(name) for name in dict.fromkeys(name for name, _, _ in _CAST)}
        with Workers(program, ensemble.url("/lab"), directory, seed) as workers:
            for name, role, datasets in _CAST:
                workers.start(hosts[name], role, datasets)
            nemesis = Nemesis(seed, network, ensemble, workers.by_host)
            nemesis.run(seconds)
            workers.stop()
            workers.start(hosts["alpha"], "audit", _LASTING)
            workers.stop()
    operations = load(sorted(directory.glob("*.jsonl")))
    outcomes = collections.Counter((line["operation"], line["outcome"]) for line in operations)
    told = ", ".join(f"{count} {operation} {outcome}" for (operation, outcome), count in sorted(outcomes.items()))
    faults = collections.Counter(name for _, name in nemesis.done)
    done = ", ".join(f"{name} {count}" for name, count in sorted(faults.items()))
    return check(operations, _LASTING), f"seed {seed}, {seconds:.0f} s; {told}; faults: {done}"


def build() -> pathlib.Path:
    """The worker, compiled."""
    output = _ROOT / "artifacts/obj/fault-worker"
    compile_worker(_WORKER, output)
    return output / "ZkArrow.FaultWorker.dll"


def scenario(seconds: float, seed: int | None = None) -> str:
    """A run for a suite of tests: raises when a promise was broken."""
    seed = _seed() if seed is None else seed
    print(f"lab: seed {seed}", flush=True)
    with _directory() as directory:
        violations, told = run(seconds, seed, build(), directory)
    if violations:
        raise AssertionError("\n".join([told, *map(str, violations[:20])]))
    return told


def judge(mutant: str | None, seconds: float, seed: int, keep: bool) -> bool:
    """Runs, prints, and says whether it went as it must: no violation, and for a mutant at least one."""
    with _directory(keep) as directory:
        if mutant:
            print(f"mutant {mutant}: {MUTANTS[mutant].what}")
        program = mutate(mutant, directory / "mutant") if mutant else build()
        violations, told = run(seconds, seed, program, directory)
        print(told)
        for violation in violations[:20]:
            print(f"  broken: {violation}")
        print(f"{len(violations)} violations", flush=True)
    return bool(violations) == bool(mutant)


@contextlib.contextmanager
def _directory(keep: bool = False) -> Iterator[pathlib.Path]:
    directory = pathlib.Path(tempfile.mkdtemp(prefix="zkarrow-lab-", dir="/dev/shm"))
    directory.chmod(0o750)
    try:
        yield directory
    finally:
        if keep:
            print(f"histories: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)


def _seed() -> int:
    return random.randrange(1_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=_seed())
    parser.add_argument("--mutant", choices=MUTANTS, help="take one safeguard away: the check must then fail")
    parser.add_argument("--mutants", type=float, metavar="SECONDS", help="after the run, one of each mutant")
    parser.add_argument("--keep", action="store_true", help="keep the histories, and say where")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("lab: network namespaces need root; run it with sudo", file=sys.stderr)
        return 2
    wrong = [] if judge(options.mutant, options.seconds, options.seed, options.keep) else [options.mutant or "the product"]
    if options.mutants:
        wrong += [mutant for mutant in MUTANTS if not judge(mutant, options.mutants, options.seed, options.keep)]
    print(f"went wrong: {', '.join(wrong)}" if wrong else "all went as they must")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
