"""Very many calls leave nothing behind: `ZKARROW_CALLS=1000000` makes as many as the goal says."""

from __future__ import annotations

import os
from typing import Any, Callable

import pytest
import zkarrow
from maker import make

CALLS = int(os.environ.get("ZKARROW_CALLS", "20000"))


def resident_kib() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize("what", ["stat", "read", "stream", "schema", "refused"])
def test_memory_is_flat_and_the_counters_are_back(
    what: str, client: zkarrow.Client, balanced: Any
) -> None:
    client.publish("a", make("mixed", 100), residency="host")
    table = client.read("a")

    def refused() -> None:
        try:
            client.stat("a", version=7, timeout=0)
        except zkarrow.Error:
            pass

    calls: dict[str, Callable[[], Any]] = {
        "stat": lambda: client.stat("a"),
        "read": lambda: client.read("a").close(),
        "stream": table.__arrow_c_stream__,
        "schema": table.schema.__arrow_c_schema__,
        "refused": refused,
    }
    call, count = calls[what], CALLS // len(calls)
    for _ in range(count // 4):  # heaps find their size
        call()
    before, resident = balanced(), resident_kib()
    for _ in range(count):
        call()
    assert balanced() == before
    # 16 bytes a call would be a leak; the managed heap breathes by a few MiB
    assert resident_kib() - resident < 8192 + 16 * count // 1024
    table.close()
