"""What starting costs: importing the package, the first calls, the size of the library.

`import zkarrow` is what -X importtime says, with compiled bytecode as an installed package has it; its peer is
`import pyarrow` in the same interpreter. The first calls are made by a C program in a new process each time.
"""

from __future__ import annotations

import pathlib
import subprocess
import tempfile

from harness.driver import inside_peers
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave
from harness.setting import BINARIES, LIBRARY, Setting

_MB = 1e6
_DEADLINE_S = 60


def measure(setting: Setting) -> list[Result]:
    with inside_peers("imports.py") as driver:
        ours, peer, load = interleave(
            setting.rounds,
            lambda: driver.ask("zkarrow"),
            lambda: driver.ask("pyarrow"),
            _first_calls,
        )
    loading, first, echo = (Rounds([[turn[part]] for turn in load.turns]) for part in range(3))
    total = Rounds([[sum(turn)] for turn in load.turns])
    size = _stripped_size()
    return [
        Result(
            "G12",
            "import zkarrow",
            time_text(ours.p50),
            f"{time_text(peer.p50)} (import pyarrow)",
            ours.p50 / 1e6,
            "ms",
            "≤",
            60,
            details={"p50_ns": ours.each(0.5), "peer_p50_ns": peer.each(0.5)},
        ),
        Result(
            "G12",
            "first call, with loading and a first empty stream",
            time_text(total.p50),
            f"load {time_text(loading.p50)}, call {time_text(first.p50)}, stream {time_text(echo.p50)}",
            total.p50 / 1e6,
            "ms",
            "≤",
            5,
            details={"ns": total.each(0.5)},
        ),
        Result("G12", "libzkarrow.so, stripped", f"{size / _MB:.2f} MB", "", size / _MB, "MB", "≤", 8),
    ]


def _first_calls() -> list[float]:
    run = subprocess.run(
        [BINARIES / "first_call", LIBRARY], check=True, capture_output=True, text=True, timeout=_DEADLINE_S
    )
    return [float(microseconds) * 1e3 for microseconds in run.stdout.split()]


def _stripped_size() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "libzkarrow.so"
        subprocess.run(
            ["strip", "--strip-unneeded", "-o", stripped, LIBRARY.resolve()], check=True, timeout=_DEADLINE_S
        )
        return stripped.stat().st_size
