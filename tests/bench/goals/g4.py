"""Resolve a name and have the head as a pyarrow RecordBatch, against pyarrow opening the very same file.

The head is cached, as it is for everyone who reads a dataset more than once. "Mapped" means that this client has read
the version before, which it then holds open; otherwise the read opens, locks, maps and checks the segment, as the first
read of a version does, and what other read it replaces is unmapped.
"""

from __future__ import annotations

import shutil
import tempfile

from harness.driver import inside_peers
from harness.result import Result, time_text
from harness.rounds import interleave, ratio
from harness.server import production_server
from harness.setting import Setting

_MIB = 1 << 20
_LIMITS = {1: 8, 64: None, 1024: 30}
_MAPPED_LIMIT = 40
_FLAT = 1.25


def measure(setting: Setting) -> list[Result]:
    results = []
    fresh_p50 = {}
    # beside the other shared memory, and seen from inside the peers' root too
    directory = tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm")
    sizes = {size: limit for size, limit in _LIMITS.items() if size < 1024 or not setting.quick}
    try:
        with production_server() as server, inside_peers("read_head.py", server.url("/bench"), directory) as driver:
            for size, limit in sizes.items():
                driver.ask(f"publish {size * _MIB} 1")
                count = setting.count(500)
                # between two of these, other heads are read, which takes its time and is not measured
                few = setting.count(60)
                fresh, peer, mapped = interleave(
                    setting.rounds,
                    lambda: driver.ask(f"fresh {size * _MIB} {few}"),
                    lambda: driver.ask(f"pyarrow {size * _MIB} {count}"),
                    lambda: driver.ask(f"again {size * _MIB} {count}"),
                )
                fresh_p50[size] = fresh.p50
                for side, what, bound in ((fresh, "not mapped", limit), (mapped, "mapped", _MAPPED_LIMIT)):
                    times = ratio(peer.each(0.5), side.each(0.5))
                    results.append(
                        Result(
                            "G4",
                            f"{_name(size)} {what}, faster than memory_map + open_file",
                            f"{time_text(side.p50)}, {times:.1f} × (p99 {time_text(side.quantile(0.99))})",
                            time_text(peer.p50),
                            times,
                            sense="≥" if bound else "",
                            limit=bound,
                            details={"p50_ns": side.each(0.5), "peer_p50_ns": peer.each(0.5)},
                        )
                    )
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    small, large = min(fresh_p50), max(fresh_p50)
    growth = fresh_p50[large] / fresh_p50[small]
    results.append(
        Result(
            "G4",
            f"not mapped, {_name(large)} of {_name(small)}",
            f"{growth:.2f} ×",
            time_text(fresh_p50[small]),
            growth,
            sense="≤",
            limit=_FLAT,
        )
    )
    return results


def _name(mebibytes: int) -> str:
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{mebibytes // 1024} GiB"
