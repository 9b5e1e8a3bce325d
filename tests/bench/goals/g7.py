"""Publish through ZooKeeper, against a bare multi (check, set, create) of the same client.

The multi has the operations, the paths and the sizes of the publish. One standalone server with its log on a disk;
one caller that waits for each answer. Round trips are the requests the server counted.
"""

from __future__ import annotations

import shutil
import tempfile

from harness.driver import Driver, dotnet
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.server import ZooKeeper, production_server
from harness.setting import Setting


def measure(setting: Setting) -> list[Result]:
    results = []
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    count = setting.count(200)
    try:
        with production_server() as server, dotnet("publish", server.address, directory) as driver:
            for residency in ("host", "inline"):
                publish, multi = interleave(
                    setting.rounds,
                    lambda: driver.ask(f"publish {residency} {count}"),
                    lambda: driver.ask(f"multi {residency} {count}"),
                    warmup=2,
                )
                results += _compare(residency, publish, multi)
                trips = _requests(server, driver, f"publish {residency} {count}") / count
                results.append(
                    Result("G7", f"{residency}, round trips a publish", f"{trips:.2f}", "1", trips, "", "≤", _NOISE)
                )
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return results


# a ping of the session may fall between the two counts
_NOISE = 1.02


def _compare(residency: str, publish: Rounds, multi: Rounds) -> list[Result]:
    rate = ratio(publish.rates(), multi.rates())
    latency = ratio(publish.each(0.5), multi.each(0.5))
    details = {"p50_ns": publish.each(0.5), "p99_ns": publish.each(0.99), "peer_p50_ns": multi.each(0.5)}
    return [
        Result(
            "G7",
            f"{residency}, rate of a bare multi",
            f"{publish.rate() * 1e9:,.0f} / s, {rate:.2f} ×",
            f"{multi.rate() * 1e9:,.0f} / s",
            rate,
            sense="≥",
            limit=0.9,
            details=details,
        ),
        Result(
            "G7",
            f"{residency}, p50 of a bare multi's",
            f"{time_text(publish.p50)}, {latency:.2f} × (p99 {time_text(publish.quantile(0.99))})",
            f"{time_text(multi.p50)} (p99 {time_text(multi.quantile(0.99))})",
            latency,
            sense="≤",
            limit=1.15,
            details=details,
        ),
    ]


def _requests(server: ZooKeeper, driver: Driver, request: str) -> int:
    """The packets a request sends, without those of the counting itself."""
    asking = -_packets(server) + _packets(server)
    before = _packets(server)
    driver.ask(request)
    return _packets(server) - before - asking


def _packets(server: ZooKeeper) -> int:
    for line in server.ask("mntr").decode().splitlines():
        key, _, value = line.partition("\t")
        if key == "zk_packets_received":
            return int(value)
    raise RuntimeError("the server did not tell zk_packets_received; allow the four-letter word mntr")
