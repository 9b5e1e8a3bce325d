"""Many datasets, subscriptions and versions on one machine: what an operation costs with many, of what it costs with few.

One client and one standalone server with its log on a disk. The limit is the growth of the logarithm; of a list it is
held against what each of its entries costs.
"""

from __future__ import annotations

import math
import shutil
import statistics
import tempfile

from harness.driver import Driver, dotnet
from harness.result import Result, time_text
from harness.server import production_server
from harness.setting import Setting

_FEW_DATASETS, _DATASETS = 1_000, 100_000
_FEW_SUBSCRIPTIONS, _SUBSCRIPTIONS = 100, 10_000
_FEW_VERSIONS, _VERSIONS = 10, 1_000


def measure(setting: Setting) -> list[Result]:
    part = 20 if setting.quick else 1
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    try:
        with production_server() as server, dotnet("scale", server.url("/scale"), directory) as driver:
            # the server's compiler is at work first; these few are not measured
            driver.ask(f"datasets {_FEW_DATASETS} 1")
            driver.ask("publish 0 2000")
            return [
                *_grown(driver, "datasets", _FEW_DATASETS, _DATASETS // part, {"list": 3, "read": 300, "publish": 300}),
                *_grown(driver, "subscriptions", _FEW_SUBSCRIPTIONS, _SUBSCRIPTIONS // part, {"deliver": 300}),
                *_grown(
                    driver, "versions", _FEW_VERSIONS, _VERSIONS // part, {"history": 20, "oldest": 300, "next": 100}
                ),
            ]
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _grown(driver: Driver, of: str, few: int, many: int, operations: dict[str, int]) -> list[Result]:
    cost: list[dict[str, float]] = []
    for n in (few, many):
        taken, made = driver.ask(f"{of} {n} 1")
        cost.append({})
        for operation, count in operations.items():
            driver.ask(f"{operation} 0 {max(1, count // 10)}")
            median = statistics.median(driver.ask(f"{operation} 0 {count}"))
            cost[-1][operation] = median / n if operation in ("list", "history") else median
    results = [_line(of, operation, few, many, cost[0][operation], cost[1][operation]) for operation in operations]
    if of != "versions":
        results.append(
            Result("G13", f"{many:,} {of}, made at a rate of", f"{made / taken * 1e9:,.0f} / s", "", made / taken)
        )
    return results


def _line(of: str, operation: str, few: int, many: int, before: float, after: float) -> Result:
    each = ", each entry" if operation in ("list", "history") else ""
    growth = after / before
    return Result(
        "G13",
        f"{operation}{each}, {many:,} {of} of {few:,}",
        f"{time_text(after)}, {growth:.2f} ×",
        time_text(before),
        growth,
        sense="≤",
        limit=round(math.log(many) / math.log(few), 2),
    )
