"""An owner is killed, or releases, and the next one, who waits in another process, publishes.

The limit of a killed one is its session's timeout, as the server granted it: before that nobody may take its place. The
peer is a bare ephemeral node, which goes with the session of a killed process. On the embedded coordinator the kernel
tells at once. That a hand-over is three round trips is counted by a test: OwnerTests, Handing_over_takes_three_round_trips.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile

from harness.driver import Driver, dotnet
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave
from harness.server import production_server
from harness.setting import Setting

_SESSION_MS = 2000
_BEYOND_NS = 100e6


def measure(setting: Setting) -> list[Result]:
    directory, tree = (tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm") for _ in range(2))
    kills = 2 if setting.quick else 12
    try:
        with (
            production_server() as server,
            dotnet("owner", server.url("/own"), server.address, directory) as ours,
            dotnet("owner", f"local:{tree}", server.address, directory) as local,
        ):
            killed, bare, embedded = interleave(
                kills,
                lambda: ours.ask(f"kill {_SESSION_MS} 1"),
                lambda: ours.ask(f"expire {_SESSION_MS} 1"),
                lambda: local.ask(f"kill {_SESSION_MS} 1"),
            )
            return [
                *_killed(killed, bare, embedded),
                *_released("", setting, ours, counts=True),
                *_released("embedded, ", setting, local, counts=False),
            ]
    finally:
        for path in (directory, tree):
            shutil.rmtree(path, ignore_errors=True)


def _killed(killed: Rounds, bare: Rounds, embedded: Rounds) -> list[Result]:
    times = [turn[0] for turn in killed.turns]
    granted_ns = bare.turns[0][0] * 1e6
    expired = [turn[1] for turn in bare.turns]
    return [
        Result(
            "G9",
            f"owner killed, the next has published, slowest of {len(times)}",
            f"{time_text(max(times))} (median {time_text(statistics.median(times))})",
            f"session {time_text(granted_ns)}; bare ephemeral node gone after {time_text(max(expired))} "
            f"(median {time_text(statistics.median(expired))})",
            max(times) / 1e6,
            unit="ms",
            sense="≤",
            limit=(granted_ns + _BEYOND_NS) / 1e6,
            details={"ns": times, "peer_ns": expired},
        ),
        Result(
            "G9",
            "owner killed, the next has published, embedded",
            f"{time_text(embedded.p50)} (slowest {time_text(max(turn[0] for turn in embedded.turns))})",
            f"session {time_text(granted_ns)}",
            embedded.p50 / 1e6,
            unit="ms",
            details={"ns": [turn[0] for turn in embedded.turns]},
        ),
    ]


def _released(where: str, setting: Setting, driver: Driver, counts: bool) -> list[Result]:
    answers = driver.ask(f"release - {setting.count(60)}")
    times, requests = answers[::2], answers[1::2]
    counted = f" ({statistics.median(requests):g} requests, the release's own and three that go together among them)"
    return [
        Result(
            "G9",
            f"{where}release to published",
            time_text(statistics.median(times)) + (counted if counts else ""),
            "",
            statistics.median(times),
            details={"ns": times, "requests": requests},
        )
    ]
