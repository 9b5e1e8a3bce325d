"""pyarrow → libzkarrow → pyarrow, against pyarrow → pyarrow.

Both export a RecordBatchReader of one batch to a C stream and read the batch back from a C stream; ours passes it
through the library in between. A second line shows the same through the Python package, where capsules do the work.
"""

from __future__ import annotations

from harness.driver import inside_peers
from harness.result import Result, time_text
from harness.rounds import interleave, ratio
from harness.setting import Setting

_LIMITS = {10: 1.25, 100: 1.10}


def measure(setting: Setting) -> list[Result]:
    results = []
    count = setting.count(3_000)
    with inside_peers("pass_through.py") as driver:
        for columns, limit in _LIMITS.items():
            ours, peer, package, capsules = interleave(
                setting.rounds,
                lambda: driver.ask(f"library {columns} {count}"),
                lambda: driver.ask(f"pyarrow {columns} {count}"),
                lambda: driver.ask(f"package {columns} {count}"),
                lambda: driver.ask(f"capsules {columns} {count}"),
            )
            times = ratio(ours.each(0.5), peer.each(0.5))
            results.append(
                Result(
                    "G1p",
                    f"{columns} columns, of pyarrow → pyarrow",
                    f"{time_text(ours.p50)}, {times:.2f} ×",
                    time_text(peer.p50),
                    times,
                    sense="≤",
                    limit=limit,
                    details={"p50_ns": ours.each(0.5), "peer_p50_ns": peer.each(0.5)},
                )
            )
            times = ratio(package.each(0.5), capsules.each(0.5))
            results.append(
                Result(
                    "G1p",
                    f"{columns} columns, zkarrow.exchange.echo",
                    f"{time_text(package.p50)}, {times:.2f} ×",
                    f"{time_text(capsules.p50)} (capsules)",
                    times,
                )
            )
    return results
