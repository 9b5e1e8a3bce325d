"""SQL over mapped segments, against the same engine's own table of the same ten million rows.

On the embedded coordinator. The name is resolved and the snapshot taken in the time; what the own table needs before its
first query, its load, is not, and is a line by itself.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile

from harness.driver import dotnet
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.setting import Setting

# the limits of a scan, a filter and an aggregate, and of a group-by
_QUERIES = {"scan": 1.15, "filter": 1.15, "text": 1.15, "aggregate": 1.15, "group-by": 1.5, "group-by-many": 1.5}


def measure(setting: Setting) -> list[Result]:
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    try:
        with dotnet("sql", f"local:{directory}/tree", f"{directory}/data") as driver:
            results = []
            for query, limit in _QUERIES.items():
                mapped, own = interleave(
                    min(setting.rounds, 9),
                    lambda query=query: driver.ask(f"mapped {query} 3"),
                    lambda query=query: driver.ask(f"own {query} 3"),
                )
                results.append(_line(query, mapped, own, limit))
            load = statistics.median(driver.ask("load - 3"))
            results.append(Result("G10", "what is loaded before the first query", "nothing", time_text(load), 0, unit="ms", sense="≤", limit=0))
            return results
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _line(query: str, mapped: Rounds, own: Rounds, limit: float) -> Result:
    times = ratio(mapped.each(0.5), own.each(0.5))
    return Result(
        "G10",
        f"{query}, of DuckDB's own table",
        f"{time_text(mapped.p50)}, {times:.2f} ×",
        time_text(own.p50),
        times,
        sense="≤",
        limit=limit,
        details={"p50_ns": mapped.each(0.5), "peer_p50_ns": own.each(0.5)},
    )
