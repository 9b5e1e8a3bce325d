"""Put, get and release in one process by a C caller, against Apache.Arrow's import and export.

Both sides get their columns from the same kind of native producer and release everything. The stream is equal work:
schema and batch in, schema and batch out. The batch alone is less work than ours, for a peer that knows the schema.
"""

from __future__ import annotations

from harness.driver import Driver, dotnet
from harness.result import Result, time_text
from harness.rounds import interleave, ratio
from harness.setting import BINARIES, Setting

_COLUMNS = {10: 20_000, 100: 4_000}
# the peer's code is compiled in tiers, and our heap has to be touched once
_WARMUP = 6


def measure(setting: Setting) -> list[Result]:
    results = []
    with Driver(BINARIES / "exchange") as ours, dotnet("exchange") as apache:
        for columns, operations in _COLUMNS.items():
            count = setting.count(operations)
            mine, stream, batch, move = interleave(
                setting.rounds,
                lambda: ours.ask(f"exchange {columns} {count}"),
                lambda: apache.ask(f"stream {columns} {count}"),
                lambda: apache.ask(f"batch {columns} {count}"),
                lambda: [picoseconds / 1000 for picoseconds in ours.ask(f"move {columns} 50")],
                warmup=_WARMUP,
            )
            about = f"{columns} columns"
            details = {"p50_ns": mine.each(0.5), "p99_ns": mine.each(0.99), "p99.9_ns": mine.each(0.999)}
            for peer, what, limit in ((stream, "a stream through Apache.Arrow", 20), (batch, "its batch alone", None)):
                times = ratio(peer.each(0.5), mine.each(0.5))
                results.append(
                    Result(
                        "G1",
                        f"{about}, cheaper than {what}",
                        f"{time_text(mine.p50)}, {times:.1f} ×",
                        f"{time_text(peer.p50)} (p99.9 {time_text(peer.quantile(0.999))})",
                        times,
                        sense="≥" if limit else "",
                        limit=limit,
                        details={**details, "peer_p50_ns": peer.each(0.5), "peer_p99.9_ns": peer.each(0.999)},
                    )
                )
            # collections and finalizers are paid for by few operations: a median does not see them
            times = ratio(stream.means(), mine.means())
            results.append(
                Result(
                    "G1",
                    f"{about}, cheaper than the stream, mean",
                    f"{time_text(mine.mean)}, {times:.1f} ×",
                    time_text(stream.mean),
                    times,
                )
            )
            tail = ratio(mine.each(0.999), mine.each(0.5))
            results.append(
                Result(
                    "G1",
                    f"{about}, p99.9 of its p50",
                    f"{time_text(mine.quantile(0.999))}, {tail:.1f} × (p99 {time_text(mine.quantile(0.99))})",
                    f"{time_text(mine.p50)} (its p50)",
                    tail,
                    sense="≤",
                    limit=3,
                )
            )
            results.append(
                Result(
                    "G1",
                    f"{about}, of a bare struct move",
                    f"{time_text(mine.p50)}, {mine.p50 / move.p50:.0f} ×",
                    time_text(move.p50),
                    mine.p50 / move.p50,
                )
            )
            size, collections = apache.ask(f"managed {columns} {setting.count(100_000)}")
            results.append(
                Result("G1", f"{about}, managed bytes an operation", f"{size} B", "none", size, "B", "≤", 0)
            )
            results.append(
                Result(
                    "G1",
                    f"{about}, collections in {setting.count(100_000):,} operations",
                    str(collections),
                    "none",
                    collections,
                    "",
                    "≤",
                    0,
                )
            )
    return results
