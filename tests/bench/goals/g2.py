"""Loan, publish to a reader in another process, acknowledged: a named version, against a chunk of iceoryx 2.

Ours is published under a name and committed through ZooKeeper, and the reader reads the name; iceoryx hands a chunk to
whoever subscribed, and nothing outlives it. So there are two lines for each size: all of it, and what is left once the
commit was acknowledged. Neither side writes more than one word of the chunk: filling it costs both the same.
"""

from __future__ import annotations

import shutil
import tempfile

from harness.driver import Driver, inside_peers_binary
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.server import production_server
from harness.setting import BINARIES, Setting

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30
# chunks of one turn
_SIZES = {_KIB: 200, 64 * _KIB: 200, _MIB: 200, 64 * _MIB: 40, _GIB: 8}
_PARTS = ("total", "loan", "publish", "hand_over")
_FLAT = 1.25


def measure(setting: Setting) -> list[Result]:
    results: list[Result] = []
    polled: dict[int, dict[str, Rounds]] = {}
    sizes = {size: count for size, count in _SIZES.items() if size < _GIB or not setting.quick}
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    try:
        with (
            production_server() as server,
            Driver(BINARIES / "hand_over", server.url("/bench"), directory) as ours,
            inside_peers_binary("hand_over_iceoryx", str(max(sizes))) as iceoryx,
        ):
            # the server is compiled, and both have touched what they use again
            for _ in range(setting.count(20) // 10):
                ours.ask("poll 1024 1000")
            for size, count in sizes.items():
                polled[size], peer = _turns(setting, ours, iceoryx, f"poll {size} {setting.count(count)}")
                results += _compare(_name(size), polled[size], peer)
            waited, peer = _turns(setting, ours, iceoryx, f"wait {_KIB} {setting.count(_SIZES[_KIB])}")
            results.append(_line(f"{_name(_KIB)}, a reader that waits", waited, peer, "total", "WaitSet", 1))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return results + _flat(polled)


def _turns(setting: Setting, ours: Driver, iceoryx: Driver, request: str) -> tuple[dict[str, Rounds], dict[str, Rounds]]:
    sides = interleave(setting.rounds, lambda: ours.ask(request), lambda: iceoryx.ask(request))
    first, second = (
        {part: Rounds([turn[number :: len(_PARTS)] for turn in side.turns]) for number, part in enumerate(_PARTS)}
        for side in sides
    )
    return first, second


def _compare(size: str, ours: dict[str, Rounds], peer: dict[str, Rounds]) -> list[Result]:
    return [
        _line(f"{size}, loan to acknowledged", ours, peer, "total", "iceoryx", 5),
        _line(f"{size}, from the acknowledged commit to the reader", ours, peer, "hand_over", "iceoryx", None),
    ]


def _line(
    what: str, ours: dict[str, Rounds], peer: dict[str, Rounds], part: str, name: str, limit: float | None
) -> Result:
    # where the chunk is there before the publishing call returns, the other's whole path is what there is to compare
    compared = part if min(peer[part].each(0.5)) > 0 else "total"
    times = ratio(peer[compared].each(0.5), [max(1, p50) for p50 in ours[part].each(0.5)])
    parts = ""
    if part == "total":
        loan, publish = (time_text(ours[step].p50) for step in ("loan", "publish"))
        parts = f" (loan {loan}, publish {publish})"
    return Result(
        "G2",
        what,
        f"{time_text(ours[part].p50)}{parts}, {times:.2g} ×",
        f"{time_text(peer[compared].p50)} ({name}{', all of it' if compared != part else ''})",
        times,
        sense="≥" if limit else "",
        limit=limit,
        details={step: {"p50_ns": ours[step].each(0.5), "peer_p50_ns": peer[step].each(0.5)} for step in _PARTS},
    )


def _flat(polled: dict[int, dict[str, Rounds]]) -> list[Result]:
    """How much of the largest chunk's time is due to its size."""
    small, large = min(polled), max(polled)
    results = []
    for part, what, limit in (("total", "loan to acknowledged", _FLAT), ("hand_over", "commit to reader", None)):
        growth = polled[large][part].p50 / polled[small][part].p50
        results.append(
            Result(
                "G2",
                f"{what}, {_name(large)} of {_name(small)}",
                f"{growth:.3g} ×",
                time_text(polled[small][part].p50),
                growth,
                sense="≤" if limit else "",
                limit=limit,
            )
        )
    return results


def _name(size: int) -> str:
    for unit, bytes_ in (("GiB", _GIB), ("MiB", _MIB)):
        if size >= bytes_:
            return f"{size // bytes_} {unit}"
    return f"{size // _KIB} KiB"
