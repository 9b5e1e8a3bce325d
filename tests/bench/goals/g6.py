"""The ZooKeeper client against the official C client and kazoo: get, set and check + set with 1, 16 and 128 in flight.

One standalone server with its log on a disk. Every client keeps that many requests in flight for a third of a second,
one client after the other, and a rate is the answers of a turn by the time it took.
"""

from __future__ import annotations

import statistics

from harness.driver import Driver, dotnet
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.server import production_server
from harness.setting import BINARIES, PROGRAMS, Setting

_OPERATIONS = ("get", "set", "multi")
_IN_FLIGHT = (1, 16, 128)
_ROUNDS = 9
_WARMUP_TURNS = 10


class _Side:
    """What one client did in the rounds of a cell."""

    def __init__(self, turns: Rounds) -> None:
        # an answer begins with the time of the whole turn: with many in flight the latencies do not add up to it
        self.rates = [(len(turn) - 1) * 1e9 / turn[0] for turn in turns.turns]
        self.latencies = Rounds([turn[1:] for turn in turns.turns])

    def text(self) -> str:
        p50, p99 = (time_text(self.latencies.quantile(q)) for q in (0.5, 0.99))
        return f"{statistics.median(self.rates):,.0f} / s (p50 {p50}, p99 {p99})"

    def details(self) -> dict[str, list[float]]:
        latencies = self.latencies
        return {"rates": self.rates, "p50_ns": latencies.each(0.5), "p99_ns": latencies.each(0.99)}


def measure(setting: Setting) -> list[Result]:
    milliseconds = 20 if setting.quick else 333
    results: list[Result] = []
    of_c: list[float] = []
    of_kazoo: list[float] = []
    with (
        production_server() as server,
        # ours is the first: it makes the nodes
        dotnet("client", server.address) as ours,
        Driver(BINARIES / "zookeeper", server.address) as c,
        Driver("/usr/bin/python3", PROGRAMS / "kazoo_client.py", server.address) as kazoo,
    ):
        # the server and ours are compiled with a profile before the first cell, and not in it; every client has its
        # share, as each makes the server compile other paths
        for _ in range(_WARMUP_TURNS):
            for operation in _OPERATIONS:
                for client in (ours, c, kazoo):
                    client.ask(f"{operation} 16 {milliseconds}")
        for operation in _OPERATIONS:
            for callers in _IN_FLIGHT:
                request = f"{operation} {callers} {milliseconds}"
                sides = interleave(
                    _ROUNDS, lambda: ours.ask(request), lambda: c.ask(request), lambda: kazoo.ask(request)
                )
                cell = _compare(f"{operation}, {callers} in flight", *map(_Side, sides))
                of_c.append(cell[0].value)
                of_kazoo.append(cell[1].value)
                results += cell
                if callers <= 16:
                    results.append(_bytes(ours, operation, callers, milliseconds))
    return [_mean("the C client", of_c, 1.5), _mean("kazoo", of_kazoo, 2), *results]


def _compare(what: str, ours: _Side, c: _Side, kazoo: _Side) -> list[Result]:
    def against(name: str, peer: _Side, limit: float | None) -> Result:
        value = ratio(ours.rates, peer.rates)
        return Result(
            "G6",
            f"{what}, of {name}'s rate",
            f"{ours.text()}, {value:.2f} ×",
            peer.text(),
            value,
            sense="≥" if limit else "",
            limit=limit,
            details={"ours": ours.details(), "peer": peer.details()},
        )

    return [against("the C client", c, 1.0), against("kazoo", kazoo, None)]


def _bytes(ours: Driver, operation: str, callers: int, milliseconds: int) -> Result:
    allocated, requests = ours.ask(f"bytes-{operation} {callers} {milliseconds}")
    value = allocated / requests
    what = f"{operation}, {callers} in flight, managed bytes a request"
    return Result("G6", what, f"{value:.0f} B", "none", value, "B", "≤", 300)


def _mean(name: str, ratios: list[float], limit: float) -> Result:
    value = statistics.geometric_mean(ratios)
    measured = f"{value:.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
    return Result("G6", f"geometric mean of the nine, of {name}'s rate", measured, "1", value, "×", "≥", limit)
