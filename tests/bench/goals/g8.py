"""Publish until a subscriber in another process has the batch, against a bare set until a watcher there has the event.

Both through the same ZooKeeper client, the same standalone server and the same two processes, one at a time. The event
tells only that something changed; a watcher that wants what changed asks for it, which is the line that informs.
"""

from __future__ import annotations

import shutil
import tempfile

from harness.driver import dotnet
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.server import production_server
from harness.setting import Setting

_LIMIT = 1.3


def measure(setting: Setting) -> list[Result]:
    results = []
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    count = setting.count(200)
    try:
        with production_server() as server, dotnet("notify", server.address, directory) as driver:
            host, inline, watched = interleave(
                setting.rounds,
                lambda: driver.ask(f"publish host {count}"),
                lambda: driver.ask(f"publish inline {count}"),
                lambda: driver.ask(f"set - {count}"),
                warmup=3,
            )
            event, data = (Rounds([turn[part::2] for turn in watched.turns]) for part in (0, 1))
            for name, published in (("host", host), ("inline", inline)):
                results.append(_line(f"{name}, publish to batch, of set to event", published, event, _LIMIT))
                results.append(_line(f"{name}, publish to batch, of set to data", published, data, None))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return results


def _line(what: str, ours: Rounds, peer: Rounds, limit: float | None) -> Result:
    times = ratio(ours.each(0.5), peer.each(0.5))
    return Result(
        "G8",
        what,
        f"{time_text(ours.p50)}, {times:.2f} × (p99 {time_text(ours.quantile(0.99))})",
        f"{time_text(peer.p50)} (p99 {time_text(peer.quantile(0.99))})",
        times,
        sense="≤" if limit else "",
        limit=limit,
        details={"p50_ns": ours.each(0.5), "peer_p50_ns": peer.each(0.5)},
    )
